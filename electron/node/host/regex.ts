/** The regular expressions of queries: RE2's syntax, and its promise of linear time. */
import { RE2JS } from 're2js';
import type { RegexCompiler } from '../../engine/config.ts';

export const RE2: RegexCompiler = {
  compile(pattern) {
    try {
      const regex = RE2JS.compile(pattern);
      return { ok: true, test: (text) => regex.test(text) };
    } catch (error) {
      return { ok: false, message: error instanceof Error ? error.message : String(error) };
    }
  },
};
