/** The services of traces: four in the record, which few traces exceed, the others beside it. */
import { SERVICE_LIMIT, SERVICES } from './trace-record.ts';

export class TraceServices {
  readonly #more = new Map<number, number[]>();

  /** Adds a service, by the string row of its name, to the record at `at`. */
  add(chunk: Int32Array, at: number, row: number, service: number): void {
    for (let i = at + SERVICES; i < at + SERVICES + SERVICE_LIMIT; i++) {
      if (chunk[i] === service) return;
      if (chunk[i] === -1) {
        chunk[i] = service;
        return;
      }
    }
    const more = this.#more.get(row);
    if (more === undefined) this.#more.set(row, [service]);
    else if (!more.includes(service)) more.push(service);
  }

  /** Services in order of first sight. */
  all(chunk: Int32Array, at: number, row: number): number[] {
    const inRecord = chunk.subarray(at + SERVICES, at + SERVICES + SERVICE_LIMIT);
    const first = [...inRecord].filter((service) => service !== -1);
    return [...first, ...(this.#more.get(row) ?? [])];
  }

  /** Forgets what is beside the record. */
  forget(row: number): void {
    this.#more.delete(row);
  }
}
