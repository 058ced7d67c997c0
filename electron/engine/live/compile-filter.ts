/** Compiles the filters that clients send. */
import { LiveFailure } from '../../../proto/live/protocol.ts';
import type { Filter } from '../../../proto/live/topics.ts';
import type { EngineOptions } from '../config.ts';
import type { QueryTarget } from '../query/ast.ts';
import { compile } from '../query/compile.ts';
import type { CompiledQuery } from '../query/plan.ts';

/** Throws LiveFailure `badParams` with what is wrong with the query. */
export function compileFilter(
  options: EngineOptions,
  filter: Filter,
  target: QueryTarget,
): CompiledQuery {
  const compiled = compile(filter, target, options.regex);
  if (compiled.ok) return compiled.query;
  throw new LiveFailure({ code: 'badParams', message: compiled.error.message });
}
