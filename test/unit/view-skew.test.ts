import { describe, expect, it } from 'vitest';
import { orderTree } from '../../electron/engine/view/flame-order.ts';
import { withoutSkew } from '../../electron/engine/view/skew.ts';
import { nodesOf } from '../support/flame-text.ts';
import { traceFromArt } from '../support/trace-art.ts';

const MS = 1e6;
const KINDS: Readonly<Record<string, number>> = { server: 2, client: 3, producer: 4, consumer: 5 };

/** Times of the spans in ms after the correction. A span's name is its kind, and each has its own service. */
function corrected(art: string, isOneService = false): string[] {
  const { names, input } = traceFromArt(art);
  const scaled = { ...input, times: input.times.map((ms) => ms * MS) };
  const tree = orderTree(scaled);
  const nodes = nodesOf(tree);
  const facts = {
    serviceStr: Int32Array.from(nodes, (node) => (isOneService ? 0 : node)),
    flags: new Uint8Array(tree.boxCount),
    kind: Uint8Array.from(nodes, (node) => KINDS[names[node].split('.')[0]] ?? 1),
  };
  const { times } = withoutSkew(scaled, tree, facts);
  return names.map((name, i) => `${name} ${times[2 * i] / MS}-${times[2 * i + 1] / MS}`);
}

describe('clock skew', () => {
  it('centres a server in its client, and moves what hangs below along', () => {
    const art = `
      client 100-200
        server 300-340
          query 310-320`;
    expect(corrected(art)).toEqual(['client 100-200', 'server 130-170', 'query 140-150']);
  });

  it('begins a server with its client when it took longer', () => {
    const art = `
      client 100-150
        server 20-120`;
    expect(corrected(art)).toEqual(['client 100-150', 'server 100-200']);
  });

  it('corrects a call below a moved server by its own skew alone', () => {
    const art = `
      client 100-200
        server 1000-1100
          client.two 1010-1090
            server.two 5010-5090`;
    expect(corrected(art)).toEqual([
      'client 100-200',
      'server 100-200',
      'client.two 110-190',
      'server.two 110-190',
    ]);
  });

  it('leaves what lies within its parent, give or take 2 ms', () => {
    const art = `
      client 100-200
        server 99-201`;
    expect(corrected(art)).toEqual(['client 100-200', 'server 99-201']);
  });

  it('leaves messages, spans that start late, and spans of one service alone', () => {
    const message = 'producer 100-110\n  consumer 50-80';
    expect(corrected(message)).toEqual(['producer 100-110', 'consumer 50-80']);
    const late = 'work 100-110\n  other 200-300';
    expect(corrected(late)).toEqual(['work 100-110', 'other 200-300']);
    const own = 'client 100-200\n  server 300-340';
    expect(corrected(own, true)).toEqual(['client 100-200', 'server 300-340']);
  });
});
