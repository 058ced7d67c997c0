/** Where the records of traces (trace-record.ts) are, and the index that finds them by trace id. */
import { hashTraceId } from './hash.ts';
import { RowIndex } from './row-index.ts';
import {
  CHUNK_BITS,
  CHUNK_MASK,
  CHUNK_ROWS,
  CREATED,
  FIRST_LOG,
  FIRST_SPAN,
  GENERATION,
  HOLDS,
  LAST_LOG,
  LAST_SPAN,
  LIVE,
  ORDINAL,
  RECORD_BYTES,
  ROOT,
  SERVICE_LIMIT,
  SERVICES,
  STATE,
  STRIDE_BITS,
} from './trace-record.ts';

/** Records that a rebuild of the index takes along for each item that comes, and for each body. */
const REBUILD_PER_ITEM = 4;
const REBUILD_PER_BODY = 512;

export class TraceRecords {
  /** The same memory in two shapes. */
  protected readonly chunks: Int32Array[] = [];
  protected readonly doubles: Float64Array[] = [];
  protected nextOrdinal = 0;
  #rows = 0;
  #live = 0;
  readonly #free: number[] = [];
  readonly #index = new RowIndex();
  // The rows [#rebuilt, #rebuildEnd) are not in the index's new slots yet.
  #rebuilt = 0;
  #rebuildEnd = 0;

  /** Traces with spans or log records. */
  protected get liveCount(): number {
    return this.#live;
  }

  protected get recordBytes(): number {
    return this.chunks.length * CHUNK_ROWS * RECORD_BYTES + this.#index.bytes;
  }

  /**
   * Makes room so that `count` traces can be added. The index is rebuilt a few records at a time: a
   * million of them at once would take 50 ms.
   */
  reserve(count: number): void {
    const index = this.#index;
    if (index.isRebuilding) this.#rebuild(count * REBUILD_PER_ITEM + REBUILD_PER_BODY);
    if (index.hasRoom(count)) return;
    this.#rebuild(Infinity);
    index.startRebuild(this.#live + count);
    this.#rebuilt = 0;
    this.#rebuildEnd = this.#rows;
    this.#rebuild(count * REBUILD_PER_ITEM + REBUILD_PER_BODY);
  }

  /** Brings what `rowFor` will look at into the cache; calls in a row wait for memory together. */
  touch(hash: number): number {
    return this.#index.touch(hash);
  }

  /** The row of a trace id with this `hashTraceId`, added when it is new. */
  rowFor(hash: number, a: number, b: number, c: number, d: number): number {
    const row = this.search(hash, a, b, c, d);
    return row === -1 ? this.#add(hash, a, b, c, d) : row;
  }

  /** See TraceTable.find. */
  find(traceId: string): number {
    if (!/^[0-9a-f]{32}$/.test(traceId)) return -1;
    const word = (at: number): number => parseInt(traceId.slice(at, at + 8), 16) | 0;
    const [a, b, c, d] = [word(0), word(8), word(16), word(24)];
    return this.search(hashTraceId(a, b, c, d), a, b, c, d);
  }

  ordinalOf(row: number): number {
    return this.doubles[row >>> CHUNK_BITS][(((row & CHUNK_MASK) << STRIDE_BITS) >>> 1) + ORDINAL];
  }

  generationOf(row: number): number {
    return this.read(row, GENERATION);
  }

  protected search(hash: number, a: number, b: number, c: number, d: number): number {
    const index = this.#index;
    for (let row = index.first(hash); row !== -1; row = index.next()) {
      const chunk = this.chunks[row >>> CHUNK_BITS];
      const at = (row & CHUNK_MASK) << STRIDE_BITS;
      if (chunk[at] === a && chunk[at + 1] === b && chunk[at + 2] === c && chunk[at + 3] === d) {
        return row;
      }
    }
    return -1;
  }

  /** Frees a row. Its slot in the index compares unequal from then on. */
  protected remove(row: number): void {
    const at = (row & CHUNK_MASK) << STRIDE_BITS;
    this.chunks[row >>> CHUNK_BITS].fill(0, at, at + HOLDS + 1);
    this.#free.push(row);
    this.#live--;
  }

  protected read(row: number, field: number): number {
    return this.chunks[row >>> CHUNK_BITS][((row & CHUNK_MASK) << STRIDE_BITS) + field];
  }

  protected write(row: number, field: number, value: number): void {
    this.chunks[row >>> CHUNK_BITS][((row & CHUNK_MASK) << STRIDE_BITS) + field] = value;
  }

  #add(hash: number, a: number, b: number, c: number, d: number): number {
    const row = this.#free.pop() ?? this.#rows++;
    if (row >>> CHUNK_BITS === this.chunks.length) {
      const buffer = new ArrayBuffer(CHUNK_ROWS * RECORD_BYTES);
      this.chunks.push(new Int32Array(buffer));
      this.doubles.push(new Float64Array(buffer));
    }
    const chunk = this.chunks[row >>> CHUNK_BITS];
    const at = (row & CHUNK_MASK) << STRIDE_BITS;
    // A reused row goes on counting generations, so that nobody takes it for its former trace.
    const generation = chunk[at + GENERATION];
    chunk.fill(0, at, at + (1 << STRIDE_BITS));
    chunk[at] = a;
    chunk[at + 1] = b;
    chunk[at + 2] = c;
    chunk[at + 3] = d;
    chunk[at + STATE] = LIVE;
    chunk[at + FIRST_SPAN] = -1;
    chunk[at + LAST_SPAN] = -1;
    chunk[at + FIRST_LOG] = -1;
    chunk[at + LAST_LOG] = -1;
    chunk[at + ROOT] = -1;
    chunk[at + GENERATION] = generation;
    chunk.fill(-1, at + SERVICES, at + SERVICES + SERVICE_LIMIT);
    const ordinal = this.nextOrdinal++;
    const doubles = this.doubles[row >>> CHUNK_BITS];
    doubles[(at >>> 1) + CREATED] = ordinal;
    doubles[(at >>> 1) + ORDINAL] = ordinal;
    this.#live++;
    this.#index.add(hash, row);
    return row;
  }

  /** Takes up to `limit` more records along. Rows that are added meanwhile are in the new slots. */
  #rebuild(limit: number): void {
    const index = this.#index;
    if (!index.isRebuilding) return;
    const until = Math.min(this.#rebuildEnd, this.#rebuilt + limit);
    for (; this.#rebuilt < until; this.#rebuilt++) {
      const row = this.#rebuilt;
      const chunk = this.chunks[row >>> CHUNK_BITS];
      const at = (row & CHUNK_MASK) << STRIDE_BITS;
      if ((chunk[at + STATE] & LIVE) === 0) continue;
      index.add(hashTraceId(chunk[at], chunk[at + 1], chunk[at + 2], chunk[at + 3]), row);
    }
    if (this.#rebuilt === this.#rebuildEnd) index.endRebuild();
  }
}
