/** The resource, scope and service rows of each Scope<Signal> of one scanned body. */
import { RESOURCE_STRIDE, SCOPE_STRIDE, type ScanOutput } from '../wire/scan-output.ts';
import type { Resources, Scopes } from './resource-table.ts';

export class ScopeRows {
  resource = new Int32Array(64);
  scope = new Int32Array(64);
  service = new Int32Array(64);
  #count = 0;
  readonly #resources: Resources;
  readonly #scopes: Scopes;

  constructor(resources: Resources, scopes: Scopes) {
    this.#resources = resources;
    this.#scopes = scopes;
  }

  /** Interns what the items of `out` share. `settle` afterwards. */
  resolve(out: ScanOutput): void {
    this.#count = out.scopeCount;
    if (out.scopeCount > this.resource.length) {
      const size = out.scopeCount * 2;
      this.resource = new Int32Array(size);
      this.scope = new Int32Array(size);
      this.service = new Int32Array(size);
    }
    let lastResource = -1;
    let row = -1;
    for (let i = 0; i < out.scopeCount; i++) {
      const at = i * SCOPE_STRIDE;
      const scopes = out.scopes;
      if (scopes[at] !== lastResource) {
        lastResource = scopes[at];
        const from = lastResource * RESOURCE_STRIDE;
        const resources = out.resources;
        row = this.#resources.intern(
          out.slice(resources[from], resources[from + 1]),
          out.slice(resources[from + 2], resources[from + 3]),
        );
      }
      this.resource[i] = row;
      this.service[i] = this.#resources.service(row);
      this.scope[i] = this.#scopes.intern(
        out.slice(scopes[at + 1], scopes[at + 2]),
        out.slice(scopes[at + 3], scopes[at + 4]),
      );
    }
  }

  /** Frees rows that no item of the body names in the end. */
  settle(): void {
    for (let i = 0; i < this.#count; i++) {
      this.#resources.settle(this.resource[i]);
      this.#scopes.settle(this.scope[i]);
    }
  }
}
