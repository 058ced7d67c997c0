import { describe, expect, it } from 'vitest';
import { compile, MAX_CLAUSES } from '../../electron/engine/query/compile.ts';
import type { QueryTarget } from '../../electron/engine/query/ast.ts';
import { explain } from '../../electron/engine/query/explain.ts';
import { RE2 } from '../../electron/node/host/regex.ts';

const NO_SERVICES = { services: [], notServices: [] };

function planOf(text: string, target: QueryTarget, services: readonly string[] = []): string {
  const compiled = compile({ text, services, notServices: [] }, target, RE2);
  return compiled.ok ? explain(compiled.query) : `error: ${compiled.error.message}`;
}

function errorOf(text: string, target: QueryTarget): { message: string; where: string } {
  const compiled = compile({ text, ...NO_SERVICES }, target, RE2);
  if (compiled.ok) throw new Error(`${text} is taken`);
  const { message, from, to } = compiled.error;
  return { message, where: text.slice(from, to) };
}

describe('a plan', () => {
  it('has columns first, then owners, attributes, texts and regular expressions', () => {
    expect(planOf('"slow" http.route~"^/a" http.route:/a resource.env:prod status:error', 'spans'))
      .toMatchInlineSnapshot(`
        "spans
          all of, in this order
            status:error   (column)
            resource.env:prod   (resource, once per distinct one)
            http.route:/a   (bytes of the attributes, else the resource)
            "slow"   (bytes of the item, then its texts; resource and scope once each)
            http.route~"^/a"   (bytes of the attributes, else the resource)"
      `);
  });

  it('asks what is plain of one span, what is negated of none, and sets of any', () => {
    expect(
      planOf('status:error -kind:client -"health" { name:a } > { name:b } trace.spans>5', 'traces'),
    ).toMatchInlineSnapshot(`
      "search 1: spans, again when the trace changes
        name:b   (name, once per distinct one)
        whose parent is
          name:a   (name, once per distinct one)
      search 2: spans, each span once
        one of, in this order
          kind:client   (column)
          "health"   (bytes of the item, then its texts; resource and scope once each)
      search 3: spans, each span once
        status:error   (column)
      traces
        all of
          a span of search 1
          trace.spans>5   (trace index)
          not
            a span of search 2
          a span of search 3"
    `);
  });

  it('makes one search of alternatives that ask for one span each', () => {
    expect(planOf('status:error or duration>1s or root:x', 'traces')).toMatchInlineSnapshot(`
      "search 1: spans, each span once
        one of, in this order
          status:error   (column)
          duration>1s   (time columns)
      traces
        one of
          root:x   (name of the root span, once per trace)
          a span of search 1"
    `);
  });

  it('has the services of the side bar as a condition on the span that matches', () => {
    expect(planOf('-status:error', 'traces', ['web'])).toMatchInlineSnapshot(`
      "search 1: spans, each span once
        status:error   (column)
      search 2: spans, each span once
        services that are shown   (service, once per distinct one)
      traces
        all of
          not
            a span of search 1
          a span of search 2"
    `);
  });

  it('says that a field is never there', () => {
    expect(planOf('level:error', 'spans')).toBe('spans\n  nothing: level:error is never there');
  });
});

describe('a query is refused', () => {
  it('when it asks log records for parents', () => {
    expect(errorOf('level:error { name:a } > { name:b }', 'logs').message).toContain(
      'Log records have no parent and child spans',
    );
  });

  it('when it has too many conditions', () => {
    const text = Array.from({ length: MAX_CLAUSES + 1 }, () => 'a').join(' ');
    expect(errorOf(text, 'spans').message).toBe('A query can have at most 1,000 conditions.');
  });

  it('when it goes down too often', () => {
    const text = Array.from({ length: 18 }, () => '{ name:a }').join(' >> ');
    expect(errorOf(text, 'traces').message).toBe('A query can have at most 16 ">>".');
  });

  it('when a pattern is none, at its place', () => {
    expect(errorOf('status:error name~"a("', 'spans').where).toBe('"a("');
  });

  it('when a pattern repeats more than an RE2 engine allows', () => {
    expect(errorOf('name~"(a{999}){999}"', 'spans').where).toBe('"(a{999}){999}"');
  });
});

describe('patterns', () => {
  it('that make a very large program are refused', () => {
    expect(errorOf('name~"(a|b|c|d){900}"', 'spans').message).toContain('too often');
  });

  it('are at most 32 in a query', () => {
    const text = Array.from({ length: 33 }, (_, i) => `name~a${i}`).join(' or ');
    expect(errorOf(text, 'spans').message).toBe('A query can have at most 32 regular expressions.');
  });

  it('that are large take smaller steps', () => {
    const small = compile({ text: 'a~x', ...NO_SERVICES }, 'logs', RE2);
    const large = compile({ text: 'a~"(a|b|c){300}"', ...NO_SERVICES }, 'logs', RE2);
    if (!small.ok || !large.ok) throw new Error('refused');
    expect(large.query.plan.cost).toBeGreaterThan(3 * small.query.plan.cost);
  });
});

describe('a compiled query', () => {
  it('is empty when everything matches', () => {
    const compiled = compile({ text: '  ', ...NO_SERVICES }, 'logs', RE2);
    expect(compiled.ok && compiled.query.isEmpty).toBe(true);
  });

  it('is not empty when a service is hidden', () => {
    const compiled = compile({ text: '', services: [], notServices: ['web'] }, 'logs', RE2);
    expect(compiled.ok && compiled.query.isEmpty).toBe(false);
  });
});
