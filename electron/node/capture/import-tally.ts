/** What an import did, added up: items by kind, and what was skipped with where and why. */
import { ITEM_KIND, type ItemKind, type Signal } from '../../../proto/otlp/signal.ts';
import type { IngestResult } from '../../engine/config.ts';
import type { ImportResult } from '../host/control.ts';

/** Reasons kept; the last entry says how many more there were. */
const MAX_SKIPPED = 100;

export class ImportTally {
  readonly #imported: Record<ItemKind, number> = {
    spans: 0,
    logRecords: 0,
    dataPoints: 0,
    profiles: 0,
  };
  readonly #skipped: { where: string; reason: string }[] = [];
  #unlisted = 0;

  /** Items taken so far. */
  items = 0;

  /** Notes what the engine made of one request. */
  add(where: string, signal: Signal, result: IngestResult): void {
    if (!result.ok) {
      this.skip(where, `${signal}: ${result.message}`);
      return;
    }
    this.#imported[ITEM_KIND[signal]] += result.accepted;
    this.items += result.accepted;
    for (const { reason, count } of result.rejections) {
      this.skip(where, `${signal}: ${count} rejected: ${reason}`);
    }
  }

  skip(where: string, reason: string): void {
    if (this.#skipped.length < MAX_SKIPPED) this.#skipped.push({ where, reason });
    else this.#unlisted++;
  }

  result(): ImportResult {
    const skipped = [...this.#skipped];
    if (this.#unlisted > 0) {
      skipped.push({ where: 'the rest', reason: `${this.#unlisted} more were skipped.` });
    }
    return { imported: { ...this.#imported }, skipped };
  }
}
