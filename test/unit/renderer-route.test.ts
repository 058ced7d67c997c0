import { describe, expect, it } from 'vitest';
import { formatHash, parseHash } from '../../renderer/session/route.svelte.ts';

describe('places in the URL', () => {
  it('reads screen, id, parameters and services', () => {
    expect(
      parseHash('#/trace/9f3c?span=00f0&view=waterfall&service=a&service=b&not-service=c'),
    ).toEqual({
      screen: 'trace',
      id: '9f3c',
      params: { span: '00f0', view: 'waterfall' },
      services: ['a', 'b'],
      notServices: ['c'],
    });
  });

  it('reads an empty hash as no screen', () => {
    expect(parseHash('').screen).toBe('');
    expect(parseHash('#/').screen).toBe('');
  });

  it('keeps a question mark and a slash that are part of the filter', () => {
    expect(parseHash('#/logs?q=a%3Fb/c?d').params).toEqual({ q: 'a?b/c?d' });
  });

  it('takes a percent sign that encodes nothing for itself', () => {
    expect(parseHash('#/trace/100%').id).toBe('100%');
  });

  it('reads back what it writes', () => {
    const place = {
      screen: 'logs',
      id: '',
      params: { q: 'connection refused & more #1', level: 'warn' },
      services: ['api gateway'],
      notServices: ['über/dienst'],
    };
    expect(parseHash(formatHash(place))).toEqual(place);
  });

  it('leaves out empty parameters', () => {
    const place = { screen: 'logs', id: '', params: { q: '' }, services: [], notServices: [] };
    expect(formatHash(place)).toBe('#/logs');
  });
});
