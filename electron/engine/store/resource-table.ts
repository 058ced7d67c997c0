/** Resources and the services they are instances of; instrumentation scopes. */
import {
  ANY_VALUE,
  INSTRUMENTATION_SCOPE,
  KEY_VALUE,
  RESOURCE,
} from '../../../proto/otlp/fields.ts';
import { Cursor, WIRE, WireError } from '../wire/cursor.ts';
import { BlobTable } from './blob-table.ts';
import { Processes, type Process } from './processes.ts';
import type { ResourceTable, ScopeTable, ServiceEntry } from './schema.ts';
import type { Strings } from './string-table.ts';

/** What a resource without service.name belongs to, in the words of the semantic conventions. */
const UNKNOWN_SERVICE = 'unknown_service';

interface OwnService {
  name: string;
  readonly index: number;
  /** Retained for as long as the entry exists. */
  readonly nameStr: number;
  language: string;
  sdkVersion: string;
  /** Distinct Resource messages in memory. */
  resources: number;
  /** How many of them each process sent: exporters of one process may encode theirs differently. */
  readonly senders: Map<string, number>;
  spansAccepted: number;
  logsAccepted: number;
  spans: number;
  errors: number;
}

export class Resources extends BlobTable implements ResourceTable {
  /** False while items are moved that were accepted before. */
  isCounting = true;
  /** Arrival of the body that is being taken, ms since the Unix epoch. */
  arrivalMs = 0;
  readonly processes = new Processes();
  readonly #strings: Strings;
  readonly #services: (OwnService | undefined)[] = [];
  /** The process that each row's resource names. */
  readonly #senders: string[] = [];
  readonly #processes: (Process | undefined)[] = [];
  readonly #byName = new Map<string, OwnService>();
  #serviceCount = 0;

  constructor(strings: Strings) {
    super();
    this.#strings = strings;
    strings.retainText(UNKNOWN_SERVICE);
  }

  service(row: number): number {
    return this.#of(row).nameStr;
  }

  /** Services that something in memory belongs to, in order of first sight. */
  entries(): readonly ServiceEntry[] {
    return [...this.#byName.values()].map((service) => ({
      name: service.name,
      index: service.index,
      language: service.language,
      sdkVersion: service.sdkVersion,
      processes: service.senders.size,
      spansAccepted: service.spansAccepted,
      logsAccepted: service.logsAccepted,
      spans: service.spans,
      errors: service.errors,
    }));
  }

  /** Counts spans that were just accepted. */
  addSpans(row: number, count: number, errors: number): void {
    this.retain(row, count);
    const service = this.#of(row);
    if (this.isCounting) service.spansAccepted += count;
    service.spans += count;
    service.errors += errors;
  }

  /** Counts spans that are no longer kept; their rows are released apart from this. */
  dropSpans(row: number, count: number, errors: number): void {
    const service = this.#of(row);
    service.spans -= count;
    service.errors -= errors;
  }

  /** Called once for a run of items of one resource. */
  override retain(row: number, count: number): void {
    super.retain(row, count);
    const process = this.#processes[row];
    if (process !== undefined && this.isCounting) this.processes.seen(process, this.arrivalMs);
  }

  addLogs(row: number, count: number): void {
    this.retain(row, count);
    if (this.isCounting) this.#of(row).logsAccepted += count;
  }

  protected override added(row: number): void {
    const facts = readResource(this.bytes(row));
    let service = this.#byName.get(facts.service);
    if (service === undefined) {
      service = {
        name: facts.service,
        index: this.#serviceCount++,
        nameStr: this.#strings.retainText(facts.service),
        language: '',
        sdkVersion: '',
        resources: 0,
        senders: new Map(),
        spansAccepted: 0,
        logsAccepted: 0,
        spans: 0,
        errors: 0,
      };
      this.#byName.set(facts.service, service);
    }
    service.resources++;
    const sender = senderOf(facts, row);
    this.#senders[row] = sender;
    this.#processes[row] = this.processes.of(facts);
    service.senders.set(sender, (service.senders.get(sender) ?? 0) + 1);
    if (facts.language !== '') service.language = facts.language;
    if (facts.sdkVersion !== '') service.sdkVersion = facts.sdkVersion;
    this.#services[row] = service;
  }

  protected override removed(row: number): void {
    const service = this.#of(row);
    this.#services[row] = undefined;
    this.#processes[row] = undefined;
    const sender = this.#senders[row];
    const left = (service.senders.get(sender) ?? 1) - 1;
    if (left > 0) service.senders.set(sender, left);
    else service.senders.delete(sender);
    if (--service.resources > 0) return;
    this.#byName.delete(service.name);
    this.#strings.release(service.nameStr);
  }

  #of(row: number): OwnService {
    return this.#services[row] as OwnService;
  }
}

interface ResourceFacts {
  service: string;
  language: string;
  sdkVersion: string;
  namespace: string;
  instance: string;
  host: string;
  container: string;
  pid: string;
  createdAt: string;
}

/** The attributes that the store itself needs. */
const FACT_OF: Readonly<Record<string, keyof ResourceFacts>> = {
  'service.name': 'service',
  'service.namespace': 'namespace',
  'service.instance.id': 'instance',
  'telemetry.sdk.language': 'language',
  'telemetry.sdk.version': 'sdkVersion',
  'host.name': 'host',
  'container.id': 'container',
  'process.pid': 'pid',
  'process.creation.time': 'createdAt',
};

/** What tells processes of one service apart; a resource that names none stands for itself. */
function senderOf(facts: ResourceFacts, row: number): string {
  const { namespace, instance, host, container, pid } = facts;
  if (instance !== '') return JSON.stringify([namespace, instance]);
  if (pid === '' && container === '') return `resource ${row}`;
  return JSON.stringify([namespace, host, container, pid]);
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads FACT_OF's attributes; the last one of a key counts. */
function readResource(bytes: Uint8Array): ResourceFacts {
  const facts: ResourceFacts = {
    service: '',
    language: '',
    sdkVersion: '',
    namespace: '',
    instance: '',
    host: '',
    container: '',
    pid: '',
    createdAt: '',
  };
  const cursor = new Cursor(bytes);
  try {
    for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
      if (tag !== ((RESOURCE.attributes << 3) | WIRE.len)) {
        cursor.skip(tag);
        continue;
      }
      const outer = cursor.enter();
      readAttribute(cursor, facts);
      cursor.leave(outer);
    }
  } catch (error) {
    // Attributes are not validated when a request is taken: a broken one names nothing.
    if (!(error instanceof WireError)) throw error;
  }
  if (facts.service === '') facts.service = UNKNOWN_SERVICE;
  return facts;
}

function readAttribute(cursor: Cursor, facts: ResourceFacts): void {
  let key = '';
  let value = '';
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
    if (tag === ((KEY_VALUE.key << 3) | WIRE.len)) {
      key = readText(cursor);
    } else if (tag === ((KEY_VALUE.value << 3) | WIRE.len)) {
      const outer = cursor.enter();
      for (let inner = cursor.tag(); inner !== 0; inner = cursor.tag()) {
        if (inner === ((ANY_VALUE.stringValue << 3) | WIRE.len)) value = readText(cursor);
        else if (inner === ((ANY_VALUE.intValue << 3) | WIRE.varint))
          value = String(cursor.int32());
        else cursor.skip(inner);
      }
      cursor.leave(outer);
    } else {
      cursor.skip(tag);
    }
  }
  if (Object.hasOwn(FACT_OF, key)) facts[FACT_OF[key]] = value;
}

function readText(cursor: Cursor): string {
  const length = cursor.len();
  const text = decoder.decode(cursor.bytes.subarray(cursor.pos, cursor.pos + length));
  cursor.pos += length;
  return text;
}

export class Scopes extends BlobTable implements ScopeTable {
  readonly #names: (readonly [name: string, version: string] | undefined)[] = [];

  name(row: number): string {
    return this.#facts(row)[0];
  }

  version(row: number): string {
    return this.#facts(row)[1];
  }

  protected override added(row: number): void {
    this.#names[row] = undefined;
  }

  #facts(row: number): readonly [name: string, version: string] {
    return (this.#names[row] ??= readScope(this.bytes(row)));
  }
}

function readScope(bytes: Uint8Array): readonly [name: string, version: string] {
  const cursor = new Cursor(bytes);
  let name = '';
  let version = '';
  try {
    for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
      if (tag === ((INSTRUMENTATION_SCOPE.name << 3) | WIRE.len)) name = readText(cursor);
      else if (tag === ((INSTRUMENTATION_SCOPE.version << 3) | WIRE.len)) {
        version = readText(cursor);
      } else cursor.skip(tag);
    }
  } catch (error) {
    // See readResource: what was read before the broken field stays.
    if (!(error instanceof WireError)) throw error;
  }
  return [name, version];
}
