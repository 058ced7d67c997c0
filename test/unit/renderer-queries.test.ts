import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JsonValue } from '../../proto/live/methods.ts';
import {
  attributeActions,
  filterFor,
  filterOnly,
  filterOut,
  filterValueOf,
  type FilterPlace,
} from '../../renderer/session/filter-actions.ts';
import {
  MAX_KEPT_LENGTH,
  MAX_RECENT,
  MAX_SAVED,
  Queries,
  type QueryAsker,
} from '../../renderer/session/queries.svelte.ts';
import type { Target } from '../../renderer/session/route.svelte.ts';

const stored = new Map<string, string>();

beforeEach(() => {
  stored.clear();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, text: string) => stored.set(key, text),
    removeItem: (key: string) => stored.delete(key),
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A session that answers as told, and notes where it is sent. */
function asker(answers: Record<string, unknown> = {}): QueryAsker & { went: Target[] } {
  const went: Target[] = [];
  const request = (method: string): Promise<unknown> =>
    method in answers ? Promise.resolve(answers[method]) : Promise.reject(new Error('no engine'));
  return {
    went,
    request: request as QueryAsker['request'],
    route: { go: (target) => went.push(target) },
  };
}

describe('recent queries', () => {
  it('are newest first, each once, and outlive the page', () => {
    const queries = new Queries(asker(), 'traces');
    for (const text of ['a', 'b', 'a']) queries.remember(text);
    expect(queries.recent).toEqual(['a', 'b']);
    expect(new Queries(asker(), 'traces').recent).toEqual(['a', 'b']);
  });

  it('are apart for each target', () => {
    new Queries(asker(), 'traces').remember('a');
    expect(new Queries(asker(), 'logs').recent).toEqual([]);
  });

  it('are bounded in number and length', () => {
    const queries = new Queries(asker(), 'traces');
    for (let i = 0; i <= MAX_RECENT; i++) queries.remember(`q${i}`);
    queries.remember('x'.repeat(MAX_KEPT_LENGTH + 1));
    queries.remember('');
    expect(queries.recent).toHaveLength(MAX_RECENT);
    expect(queries.recent[0]).toBe(`q${MAX_RECENT}`);
    expect(queries.recent).not.toContain('q0');
  });

  it('can be forgotten', () => {
    const queries = new Queries(asker(), 'traces');
    queries.remember('a');
    queries.forget('a');
    expect(queries.recent).toEqual([]);
    expect(stored.size).toBe(0);
  });

  it('survive what something else wrote under their key', () => {
    for (const text of ['{', '{}', 'null', '[1, "a", null, ""]']) {
      stored.set('flametail.queries.traces.recent', text);
      stored.set('flametail.queries.traces.saved', text);
      const queries = new Queries(asker(), 'traces');
      expect(queries.recent).toEqual(text.includes('a') ? ['a'] : []);
      expect(queries.saved).toEqual([]);
    }
  });
});

describe('saved queries', () => {
  it('have one name and one text each, and outlive the page', () => {
    const queries = new Queries(asker(), 'logs');
    queries.save('slow', 'duration>1s');
    queries.save('slow', 'duration>2s');
    queries.save('very slow', 'duration>2s');
    expect(queries.saved).toEqual([{ name: 'very slow', text: 'duration>2s' }]);
    expect(new Queries(asker(), 'logs').saved).toEqual(queries.saved);
    queries.removeSaved('very slow');
    expect(new Queries(asker(), 'logs').saved).toEqual([]);
  });

  it('are bounded in number', () => {
    const queries = new Queries(asker(), 'logs');
    for (let i = 0; i <= MAX_SAVED; i++) queries.save(`n${i}`, `q${i}`);
    expect(queries.saved).toHaveLength(MAX_SAVED);
    expect(queries.saved[0]?.name).toBe('n1');
  });
});

describe('opening a trace by its id', () => {
  const traceId = 'ab'.repeat(16);

  it('goes there when it is in memory', async () => {
    const session = asker({ 'traces.rows': { traces: [{ traceId }] } });
    expect(await new Queries(session, 'traces').openTrace(traceId)).toBe(true);
    expect(session.went).toEqual([{ screen: 'trace', id: traceId }]);
  });

  it('stays when it is not, and while there is no engine', async () => {
    for (const session of [asker({ 'traces.rows': { traces: [] } }), asker()]) {
      expect(await new Queries(session, 'traces').openTrace(traceId)).toBe(false);
      expect(session.went).toEqual([]);
    }
  });
});

/** A route on `screen`, whose screens were last at these hashes. */
function placeOn(screen: string, hashes: Record<string, string>): FilterPlace & { went: Target[] } {
  const went: Target[] = [];
  const route = {
    screen,
    isBeside: false,
    setList: () => undefined,
    go: (target: Target) => void went.push(target),
    hrefOfScreen: (id: string) => hashes[id] ?? `#/${id}`,
  };
  return { went, route };
}

describe('filter actions', () => {
  const service = { type: 'intrinsic', name: 'service' } as const;
  const value = { text: 'checkout', isString: true };

  it('edit the query of the screen they stand on, and let its selection go', () => {
    const at = placeOn('logs', { logs: '#/logs?q=level%3Aerror&trace=abc&row=7' });
    filterFor(at, service, value);
    expect(at.went).toEqual([
      {
        screen: 'logs',
        params: expect.objectContaining({
          q: 'level:error service:checkout',
          trace: 'abc',
          row: '',
        }) as unknown,
      },
    ]);
  });

  it('edit the query of the traces from a screen that has none', () => {
    const at = placeOn('trace', { traces: '#/traces?q=kind%3Aserver&trace=abc' });
    filterOut(at, service, value);
    expect(at.went[0]?.screen).toBe('traces');
    expect(at.went[0]?.params).toMatchObject({ q: 'kind:server -service:checkout', trace: '' });
  });

  it('put only this in the place of other values of the field', () => {
    const at = placeOn('traces', { traces: '#/traces?q=service%3Acart+kind%3Aserver' });
    filterOnly(at, service, value);
    expect(at.went[0]?.params?.['q']).toBe('kind:server service:checkout');
  });

  it.each<[JsonValue, string]>([
    [{ type: 'string', value: '200' }, 'resource.k:"200"'],
    [{ type: 'int', value: '200' }, 'resource.k:200'],
    [{ type: 'double', value: 'NaN' }, 'resource.k:NaN'],
    [{ type: 'bool', value: true }, 'resource.k:true'],
    [{ type: 'string', value: 'a "b"' }, 'resource.k:"a \\"b\\""'],
    [{ type: 'array', values: [] }, 'has:resource.k'],
    [{ type: 'empty' }, 'has:resource.k'],
  ])('write %j as %s', (attribute, clause) => {
    const at = placeOn('traces', {});
    attributeActions(at, 'resource', 'k', attribute)[0]?.run();
    expect(at.went[0]?.params?.['q']).toBe(clause);
  });

  it('have no value for bytes and structures', () => {
    expect(filterValueOf({ type: 'bytes', value: 'AA==' })).toBeNull();
    expect(filterValueOf({ type: 'kvlist', values: [] })).toBeNull();
  });
});
