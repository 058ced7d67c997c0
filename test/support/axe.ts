/** Accessibility of what a page shows, as axe-core judges it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The part of axe-core's result that is read here. */
interface AxeWindow {
  readonly axe: {
    run(options: object): Promise<{
      violations: readonly { id: string; nodes: readonly { target: readonly unknown[] }[] }[];
    }>;
  };
}

/** Violations of the page as it stands: `rule: selector`, one a line. Empty when there are none. */
export async function axeViolations(page: Page): Promise<string[]> {
  // Evaluated by the debugger, which the page's content security policy does not stop.
  await page.evaluate(SOURCE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as AxeWindow; // The script above has just put it there.
    const { violations } = await axe.run({ resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target }) => `${id}: ${target.join(' ')}`),
    );
  });
}
