/**
 * Which processes of a service have sent something, and which of them took the place of others.
 *
 * ```
 *   old  ▪▪ ▪▪▪ ▪ ▪                             silent from here on
 *   new              ▪ ▪▪ ▪▪▪ ▪▪
 *                    │ GRACE │      │ CONFIRM: "restarted", at the first item of the new one
 *   old speaks  ─────▪───────┼──▪───┤ within the grace: its last words; behind it: side by side
 * ```
 * Costs one look at a row's process for every run of items of one resource, and nothing an item.
 * Times are those of arrival, in ms since the Unix epoch.
 */

/** What of a resource tells processes apart; '' where it says nothing. */
export interface ProcessFacts {
  readonly service: string;
  readonly namespace: string;
  readonly instance: string;
  readonly host: string;
  readonly container: string;
  readonly pid: string;
  /** `process.creation.time`, ISO 8601. */
  readonly createdAt: string;
}

/** One process, as far as resources tell. */
export interface Process {
  facts: ProcessFacts;
  /** Arrival of its newest items; -Infinity before the first. */
  lastMs: number;
}

/** A process that took the place of others. */
export interface Restart {
  readonly service: string;
  /** What tells the new process from others: instance id, process id or host. */
  readonly instance: string;
  /** When it started, where it says so; else when its first items arrived. */
  readonly timeMs: number;
}

/** What to do with a restart: `wrong` ones were reported before, and an old process spoke again. */
export type RestartNews = { readonly type: 'happened' | 'wrong'; readonly restart: Restart };

/** What the first items of a new process mean. */
export type Watching =
  /** They arrive now: it may have taken the place of another. */
  | 'restarts'
  /** They arrived before (a journal is read back): it is known from now on. */
  | 'processes'
  /** They come from a file, and say nothing about the processes of today. */
  | 'nothing';

/** An old process may still send what it had collected: SDKs do when they are told to end. */
export const GRACE_MS = 3_000;
/** SDKs send every 5 s unless told otherwise: a process that is alive and busy is heard by then. */
export const CONFIRM_MS = 8_000;
/** Workers that were seen side by side may each be idle for longer. */
export const CONFIRM_POOL_MS = 60_000;
/** For so long a restart is taken back when an old process speaks again. */
export const REGRET_MS = 300_000;
/** Processes whose creation times are this close were started together. */
const TOGETHER_MS = 2_000;

/** Kept of one service; of more, those that were silent longest are forgotten. */
const MAX_PROCESSES = 64;
const MAX_SERVICES = 256;
/** A longer value, in UTF-16 units, names nothing: what is kept of a resource stays small. */
const MAX_VALUE = 300;
/** What SDKs send when nobody named the service: other programs have that name too. */
const UNNAMED = /^unknown_service(:|$)/;

interface Candidate {
  readonly service: ServiceProcesses;
  readonly restart: Restart;
  /** Arrival of its first items. */
  readonly sinceMs: number;
  readonly others: readonly Process[];
  /** Until when the others have to be silent. */
  readonly untilMs: number;
}

interface ServiceProcesses {
  readonly known: Process[];
  /** Two of them were seen side by side. */
  isPool: boolean;
}

type Identity = Exclude<keyof ProcessFacts, 'service' | 'namespace'>;
const IDENTITY: readonly Identity[] = ['instance', 'pid', 'createdAt', 'container', 'host'];

export class Processes {
  watching: Watching = 'restarts';
  readonly #services = new Map<string, ServiceProcesses>();
  /** By service, and by instance where that stays the same. */
  readonly #candidates = new Map<string, Candidate>();
  /** Restarts that were reported, while they may prove wrong. */
  #reported: Candidate[] = [];

  /** The process that a resource names; undefined when it names none or no service. */
  of(facts: ProcessFacts): Process | undefined {
    if (Object.values(facts).some((value: string) => value.length > MAX_VALUE)) return undefined;
    if (UNNAMED.test(facts.service) || IDENTITY.every((key) => facts[key] === '')) return undefined;
    const { known } = this.#serviceOf(facts);
    const same = known.find((process) => isSame(process.facts, facts));
    if (same !== undefined) {
      same.facts = filled(same.facts, facts);
      return same;
    }
    if (known.length === MAX_PROCESSES) {
      const silent = known.reduce((a, b) => (b.lastMs < a.lastMs ? b : a));
      known.splice(known.indexOf(silent), 1);
    }
    const process: Process = { facts, lastMs: -Infinity };
    known.push(process);
    return process;
  }

  /** Items of a process arrived. */
  seen(process: Process, arrivalMs: number): void {
    if (this.watching === 'nothing') return;
    const isFirst = process.lastMs === -Infinity;
    if (isFirst && this.watching === 'restarts') this.#opened(process, arrivalMs);
    if (arrivalMs > process.lastMs) process.lastMs = arrivalMs;
  }

  /** Whether time alone can bring news: then `settle` wants to be called now and then. */
  get isUnsettled(): boolean {
    return this.#candidates.size > 0 || this.#reported.length > 0;
  }

  /** What has become clear by now. */
  settle(nowMs: number): readonly RestartNews[] {
    const news: RestartNews[] = [];
    for (const [key, candidate] of this.#candidates) {
      if (isSideBySide(candidate)) candidate.service.isPool = true;
      else if (nowMs < candidate.untilMs) continue;
      else {
        news.push({ type: 'happened', restart: candidate.restart });
        this.#reported.push(candidate);
      }
      this.#candidates.delete(key);
    }
    this.#reported = this.#reported.filter((candidate) => {
      if (!isSideBySide(candidate)) return nowMs < candidate.untilMs + REGRET_MS;
      candidate.service.isPool = true;
      news.push({ type: 'wrong', restart: candidate.restart });
      return false;
    });
    return news;
  }

  #serviceOf({ namespace, service: name }: ProcessFacts): ServiceProcesses {
    const key = JSON.stringify([namespace, name]);
    const service = this.#services.get(key) ?? { known: [], isPool: false };
    // The one that was not asked for longest stands first, and goes first.
    this.#services.delete(key);
    this.#services.set(key, service);
    const [first] = this.#services.keys();
    if (this.#services.size > MAX_SERVICES && first !== undefined) this.#services.delete(first);
    return service;
  }

  /** A process is heard for the first time: perhaps in the place of others. */
  #opened(process: Process, arrivalMs: number): void {
    const { facts } = process;
    const service = this.#serviceOf(facts);
    const heard = service.known.filter(({ lastMs }) => lastMs !== -Infinity);
    // One of several instances that keeps its id takes the place of its own predecessor alone.
    const own = heard.filter(
      (other) => facts.instance !== '' && other.facts.instance === facts.instance,
    );
    const others = (own.length > 0 ? own : heard).filter((other) => isOlder(other.facts, facts));
    if (others.length === 0) return;
    const instance = own.length > 0 ? facts.instance : '';
    const key = JSON.stringify([facts.namespace, facts.service, instance]);
    // Several workers that start together, and a crash that follows at once, are one restart.
    if (this.#candidates.has(key)) return;
    const newestMs = Math.max(...others.map(({ lastMs }) => lastMs));
    this.#candidates.set(key, {
      service,
      restart: {
        service: facts.service,
        instance: facts.instance || (facts.pid === '' ? facts.host : `pid ${facts.pid}`),
        timeMs: startedMs(facts, newestMs, arrivalMs),
      },
      sinceMs: arrivalMs,
      others,
      untilMs: arrivalMs + (service.isPool && own.length === 0 ? CONFIRM_POOL_MS : CONFIRM_MS),
    });
  }
}

/** Whether an old process was heard when a new one was there for some time. */
function isSideBySide({ others, sinceMs }: Candidate): boolean {
  return others.some(({ lastMs }) => lastMs > sinceMs + GRACE_MS);
}

/** Exporters of one process may say more or less of it: only what both say can differ. */
function isSame(a: ProcessFacts, b: ProcessFacts): boolean {
  return IDENTITY.every((key) => a[key] === '' || b[key] === '' || a[key] === b[key]);
}

function filled(a: ProcessFacts, b: ProcessFacts): ProcessFacts {
  const facts = { ...a };
  for (const key of IDENTITY) if (facts[key] === '') facts[key] = b[key];
  return facts;
}

/** False when both say when they were created, and `a` not well before `b`. */
function isOlder(a: ProcessFacts, b: ProcessFacts): boolean {
  const aMs = Date.parse(a.createdAt);
  const bMs = Date.parse(b.createdAt);
  return Number.isNaN(aMs) || Number.isNaN(bMs) || aMs + TOGETHER_MS < bMs;
}

/** Its creation, where that lies between the last words of the others and its own first ones. */
function startedMs({ createdAt }: ProcessFacts, newestMs: number, arrivalMs: number): number {
  const ms = Date.parse(createdAt);
  return ms > newestMs && ms < arrivalMs ? ms : arrivalMs;
}
