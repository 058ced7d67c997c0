/**
 * Recorded bodies in test/fixtures/otlp: `<signal>-<name>.pb` is an export request in protobuf,
 * `<signal>-<name>.json` the same telemetry in JSON.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Signal, SIGNALS } from '../../../proto/otlp/signal.ts';

const FIXTURE_DIR = fileURLToPath(new URL('../../../test/fixtures/otlp/', import.meta.url));

export interface Fixture {
  readonly name: string;
  readonly signal: Signal;
  readonly protobuf: Uint8Array;
  readonly json: Uint8Array;
}

/** All fixtures, by name. */
export function otlpFixtures(): readonly Fixture[] {
  const names = readdirSync(FIXTURE_DIR).filter((file) => file.endsWith('.pb'));
  return names.sort().map((file) => {
    const name = file.slice(0, -'.pb'.length);
    const signal = SIGNALS.find((word) => name.startsWith(`${word}-`));
    if (!signal) throw new Error(`${file} does not start with a signal`);
    return { name, signal, protobuf: read(`${name}.pb`), json: read(`${name}.json`) };
  });
}

/** A file of test/fixtures/compression: a body as the program of its coding writes it. */
export function compressedFixture(file: string): Uint8Array {
  return new Uint8Array(readFileSync(`${FIXTURE_DIR}../compression/${file}`));
}

function read(file: string): Uint8Array {
  return new Uint8Array(readFileSync(`${FIXTURE_DIR}${file}`));
}
