/**
 * The control plane between a host's main side and the engine process (a worker thread in browser
 * mode, a utility process under Electron). Telemetry never travels here: live sessions and bulk
 * streams each get a port of their own.
 */
import type {
  ReceiverProtocol,
  ReceiverState,
  RestoredCounts,
  Selection,
} from '../../../proto/live/topics.ts';

export interface EngineConfig {
  readonly version: string;
  readonly memoryBytes: number;
  readonly httpPort: number;
  readonly grpcPort: number;
  /** Addresses both receivers bind, e.g. ['127.0.0.1', '::1']. */
  readonly hosts: readonly string[];
  /** Fail the start when a port is taken (serve), or go on and say so in the status (desktop). */
  readonly requirePorts: boolean;
  /** Where the UI is, for people who open the OTLP/HTTP port in a browser; absent in the desktop app. */
  readonly uiUrl?: string;
  /** Absent: no journal is kept, and there is nothing to restore. */
  readonly journal?: JournalConfig;
}

/** What journal-folder.ts found: a folder of this instance alone, or why there can be none. */
export type JournalConfig =
  | {
      readonly folder: string;
      /** False: nothing is written; the folder holds what an earlier run left. */
      readonly isOn: boolean;
    }
  | { readonly problem: string };

/** File formats that are lossless; `.gz` of each. */
export type ExportFormat = 'otlp.jsonl' | 'otlp.pb';

export interface ExportRequest {
  readonly format: ExportFormat;
  readonly gzip: boolean;
  readonly selection: Selection;
}

export interface ImportResult {
  readonly imported: {
    readonly spans: number;
    readonly logRecords: number;
    readonly dataPoints: number;
    readonly profiles: number;
  };
  /** What could not be read, with where and why. */
  readonly skipped: readonly { readonly where: string; readonly reason: string }[];
}

export interface ControlFailure {
  readonly code: 'portTaken' | 'cancelled' | 'badFile' | 'io' | 'failed';
  readonly message: string;
}

/** To the engine process. Messages marked + carry one port. */
export type HostMessage =
  | { readonly type: 'start'; readonly config: EngineConfig }
  /** + a live session speaks on the port. */
  | { readonly type: 'connect' }
  /** + the engine writes the file's bytes to the stream port (stream.ts). */
  | { readonly type: 'export'; readonly request: ExportRequest; readonly label: string }
  /** + the engine reads the file's bytes from the stream port; `totalBytes` 0 when unknown. */
  | { readonly type: 'import'; readonly label: string; readonly totalBytes: number }
  | {
      readonly type: 'exportFile';
      readonly id: number;
      readonly path: string;
      readonly request: ExportRequest;
    }
  | { readonly type: 'importFile'; readonly id: number; readonly path: string }
  | { readonly type: 'stop' };

/** From the engine process. */
export type EngineProcessMessage =
  | {
      readonly type: 'ready';
      readonly receivers: readonly ReceiverState[];
      readonly engineId: string;
      /** What came back from the journal before it listened. */
      readonly restored?: RestoredCounts | null;
    }
  | {
      readonly type: 'startFailed';
      readonly protocol: ReceiverProtocol | null;
      readonly error: ControlFailure;
    }
  | {
      readonly type: 'fileDone';
      readonly id: number;
      readonly result: { readonly imported?: ImportResult; readonly bytes?: number };
    }
  | { readonly type: 'fileFailed'; readonly id: number; readonly error: ControlFailure }
  /** Something that a person should know and that does not end the engine. */
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'stopped' };
