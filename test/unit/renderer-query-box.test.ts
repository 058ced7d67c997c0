import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tokenRanges } from '../../proto/query/edit.ts';
import type { TokenRange } from '../../proto/query/lexer.ts';
import { BoxState, type EditorPort } from '../../renderer/ui/query/box-state.svelte.ts';
import { nameOfClause } from '../../renderer/ui/query/clause-name.ts';
import { matchIn, traceIdOf, withoutWordAt } from '../../renderer/ui/query/options.ts';
import type {
  QueryError,
  QuerySource,
  Suggested,
  SuggestedItem,
} from '../../renderer/ui/query/query-source.ts';

/** Longer than a box waits before it applies what is typed. */
const REST_MS = 200;

const field = (label: string): SuggestedItem => ({
  label,
  insert: label,
  kind: 'field',
  detail: '',
  count: 1,
});

/** A box with an editor of text only. Texts that hold `wrong` are wrong. */
class Desk implements EditorPort {
  readonly told: string[] = [];
  readonly remembered: string[] = [];
  readonly opened: string[] = [];
  readonly saved: { name: string; text: string }[] = [];
  recent: string[] = [];
  items: readonly SuggestedItem[] = [];
  text = '';
  cursor = 0;
  isComposing = false;
  isBlurred = false;
  underlined: TokenRange | null = null;
  readonly box: BoxState;
  check = (text: string): Promise<QueryError | null> => {
    const from = text.indexOf('wrong');
    return Promise.resolve(from === -1 ? null : { from, to: from + 5, message: 'It is wrong.' });
  };

  constructor(value = '') {
    const source: QuerySource = {
      check: (text) => this.check(text),
      complete: (text, cursor) => Promise.resolve(this.#suggested(text, cursor)),
      recent: this.recent,
      saved: this.saved,
      remember: (text) => this.remembered.push(text),
      forget: () => undefined,
      save: () => undefined,
      removeSaved: () => undefined,
      openTrace: (id) => {
        this.opened.push(id);
        return Promise.resolve(false);
      },
    };
    Object.defineProperty(source, 'recent', { get: () => this.recent });
    this.text = value;
    this.box = new BoxState({ value, source, onchange: (text) => this.told.push(text) });
    this.box.attach(this);
  }

  setText(text: string): void {
    this.text = text;
    this.cursor = text.length;
  }

  replace(from: number, to: number, insert: string): void {
    this.text = this.text.slice(0, from) + insert + this.text.slice(to);
    this.cursor = from + insert.length;
  }

  underline(range: TokenRange | null): void {
    this.underlined = range;
  }

  blur(): void {
    this.isBlurred = true;
  }

  /** Puts text behind the cursor, and lets its completion arrive. */
  async type(text: string): Promise<void> {
    this.text += text;
    this.cursor = this.text.length;
    this.box.edited('text');
    await vi.advanceTimersByTimeAsync(0);
  }

  async rest(): Promise<void> {
    await vi.advanceTimersByTimeAsync(REST_MS);
  }

  #suggested(text: string, cursor: number): Suggested {
    const from = text.lastIndexOf(' ', cursor - 1) + 1;
    return { from, to: cursor, items: this.items, sampled: false };
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('BoxState', () => {
  it('applies valid text after a rest, once', async () => {
    const desk = new Desk();
    await desk.type('a:1');
    await desk.type(' b:2 ');
    expect(desk.told).toEqual([]);
    await desk.rest();
    expect(desk.told).toEqual(['a:1 b:2']);
    desk.box.left();
    await desk.rest();
    expect(desk.told).toEqual(['a:1 b:2']);
  });

  it('keeps the last valid query while the text is wrong', async () => {
    const desk = new Desk();
    await desk.type('a:1');
    await desk.rest();
    await desk.type(' wrong');
    await desk.rest();
    expect(desk.told).toEqual(['a:1']);
    expect(desk.box.help).toBe('It is wrong.');
    expect(desk.underlined).toMatchObject({ from: 4, to: 9 });
    await desk.type('?');
    expect(desk.box.help).toBe('');
  });

  it('does not search for a word that can become a field, until Enter', async () => {
    const desk = new Desk();
    desk.items = [field('http.route')];
    await desk.type('a:1 http.ro');
    await desk.rest();
    expect(desk.told).toEqual(['a:1']);
    desk.box.pressed('Enter');
    await desk.rest();
    expect(desk.told).toEqual(['a:1', 'a:1 http.ro']);
    expect(desk.remembered).toEqual(['a:1 http.ro']);
  });

  it('takes a query from outside, but not its own coming back', async () => {
    const desk = new Desk();
    await desk.type('a:1 ');
    await desk.rest();
    desk.box.take('a:1');
    expect(desk.text).toBe('a:1 ');
    desk.box.take('b:2');
    expect(desk.text).toBe('b:2');
    expect(desk.told).toEqual(['a:1']);
  });

  it('drops answers that come late', async () => {
    const desk = new Desk();
    const answers: (() => void)[] = [];
    desk.check = () => new Promise((resolve) => answers.push(() => resolve(null)));
    await desk.type('a:1');
    await desk.rest();
    await desk.type('2');
    await desk.rest();
    for (const answer of answers) answer();
    await desk.rest();
    expect(desk.told).toEqual(['a:12']);
  });

  it('says nothing after it was closed', async () => {
    const desk = new Desk();
    await desk.type('a:1');
    desk.box.left();
    desk.box.close();
    await desk.rest();
    expect(desk.told).toEqual([]);
  });

  it('applies a query that nobody can check', async () => {
    const desk = new Desk();
    desk.check = () => Promise.reject(new Error('no engine'));
    await desk.type('a:1');
    await desk.rest();
    expect(desk.told).toEqual(['a:1']);
  });

  it('waits for an input method', async () => {
    const desk = new Desk();
    desk.isComposing = true;
    await desk.type('か');
    await desk.rest();
    expect(desk.told).toEqual([]);
    desk.isComposing = false;
    desk.box.edited('text');
    await desk.rest();
    expect(desk.told).toEqual(['か']);
  });

  it('puts a completed value and a gap, and a completed field without one', async () => {
    const desk = new Desk();
    desk.items = [field('service')];
    await desk.type('ser');
    desk.box.pressed('Tab');
    expect(desk.text).toBe('service');
    desk.items = [{ ...field('service:cart'), kind: 'value' }];
    await desk.type(':');
    desk.box.pressed('Tab');
    expect(desk.text).toBe('service:cart ');
  });

  it('leaves Tab alone while nothing is offered', async () => {
    const desk = new Desk();
    await desk.type('a');
    expect(desk.box.pressed('Tab')).toBe(false);
  });

  it('shows the past in an empty box, and applies what was chosen', async () => {
    const desk = new Desk();
    expect(desk.box.pressed('ArrowDown')).toBe(false);
    desk.recent = ['b:2', 'a:1'];
    expect(desk.box.pressed('ArrowUp')).toBe(true);
    desk.box.pressed('ArrowDown');
    desk.box.pressed('Enter');
    await desk.rest();
    expect(desk.told).toEqual(['a:1']);
  });

  it('adds a saved query to what is written, and keeps its meaning', async () => {
    const desk = new Desk();
    desk.saved.push({ name: 'bad', text: 'a:1 or b:2' });
    await desk.type('c:3 ba');
    desk.box.pressed('Tab');
    expect(desk.text).toBe('c:3 (a:1 or b:2) ');
  });

  it('asks for a trace by its id instead of searching for it', async () => {
    const desk = new Desk();
    const id = 'ab'.repeat(16);
    await desk.type(id.toUpperCase());
    await desk.rest();
    desk.box.pressed('Enter');
    await desk.rest();
    expect(desk.opened).toEqual([id]);
    expect(desk.told).toEqual([]);
    expect(desk.box.help).toBe('Trace abababab is not in memory.');
  });

  it('closes by Escape, then leaves', async () => {
    const desk = new Desk();
    desk.items = [field('service')];
    await desk.type('s');
    desk.box.pressed('Escape');
    expect([desk.box.isOpen, desk.isBlurred]).toEqual([false, false]);
    desk.box.pressed('Escape');
    expect(desk.isBlurred).toBe(true);
  });
});

describe('nameOfClause', () => {
  it.each([
    ['service:checkout', 'service is checkout'],
    ['-service:checkout', 'not service is checkout'],
    ['duration>=200ms', 'duration is at least 200ms'],
    ['http.status!=200', 'http.status is not 200'],
    ['kind:server,client', 'kind is server or client'],
    ['has:exception.type', 'has exception.type'],
    ['timeout', 'text timeout'],
    ['(a or b)', '(a or b)'],
  ])('says %s as %s', (query, name) => {
    const [clause] = tokenRanges(query);
    expect(clause === undefined ? '' : nameOfClause(query, clause)).toBe(name);
  });

  it('cuts a long one', () => {
    const query = `name:${'x'.repeat(500)}`;
    const [clause] = tokenRanges(query);
    expect(clause === undefined ? 0 : nameOfClause(query, clause).length).toBe(80);
  });
});

describe('options', () => {
  it('say how many values a field has, and some of them', async () => {
    const desk = new Desk();
    const values = { distinct: 14, hasMore: false, examples: ['/cart', '/search'] };
    desk.items = [
      { ...field('http.route'), values },
      { ...field('http.method'), values: { ...values, distinct: 1, examples: ['GET'] } },
      { ...field('user.id'), values: { ...values, distinct: 100, hasMore: true } },
      field('duration'),
    ];
    await desk.type('h');
    await vi.advanceTimersByTimeAsync(REST_MS);
    expect(desk.box.options.map((option) => option.values)).toEqual([
      '14 values',
      '1 value',
      '100+ values',
      '',
    ]);
    expect(desk.box.options[0]?.examples).toBe('/cart, /search');
  });

  it('know a trace id', () => {
    expect(traceIdOf(` ${'AB'.repeat(16)} `)).toBe('ab'.repeat(16));
    expect(traceIdOf('ab'.repeat(15))).toBe('');
    expect(traceIdOf('0'.repeat(32))).toBe('');
  });

  it('mark what was typed, or as much of it as agrees', () => {
    expect(matchIn('http.route', 'ROU')).toEqual({ from: 5, to: 8 });
    expect(matchIn('http.request.method', 'http.ro')).toEqual({ from: 0, to: 6 });
    expect(matchIn('x', '')).toEqual({ from: 0, to: 0 });
  });

  it('leave out only a bare word at the cursor', () => {
    expect(withoutWordAt('a:1 foo', 7)).toBe('a:1 ');
    expect(withoutWordAt('a:1 foo', 2)).toBe('a:1 foo');
    expect(withoutWordAt('a:1 -foo', 8)).toBe('a:1 -foo');
  });
});
