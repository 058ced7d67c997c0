/**
 * Where the person is, as the URL says it: `#/traces?q=…`, `#/trace/<id>?span=<id>&view=…`,
 * `#/logs?q=&level=&trace=&row=`, `#/metrics`, `#/connect`. Screen, filter and selection live here and
 * nowhere else, so that back, forward, reload and a copied link work.
 *
 * A wide window has the list of traces beside an open trace. The place is the trace's, and its parameter
 * `list` holds those of the list: `#/trace/<id>?list=?q=…` (encoded). A narrower window opens the same
 * link as the trace alone.
 */

/** The place that a hash names. */
export interface Place {
  readonly screen: string;
  /** The part after the screen, such as a trace id; '' when there is none. */
  readonly id: string;
  readonly params: Readonly<Record<string, string>>;
  /** Services that every screen is narrowed to, and those left out. */
  readonly services: readonly string[];
  readonly notServices: readonly string[];
}

/** A place to go to. Left out: id is '', params are empty, services stay as they are. */
export interface Target {
  readonly screen: string;
  readonly id?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly services?: readonly string[];
  readonly notServices?: readonly string[];
}

const SERVICE = 'service';
const NOT_SERVICE = 'not-service';
const LIST = 'list';

/** The least width of a window, in CSS px, that has the list beside an open trace. */
export const BESIDE_PX = 2100;

/** Reads a location hash. An empty one names the screen ''. */
export function parseHash(hash: string): Place {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const [screen = '', id = ''] = path.split('/');
  const params: Record<string, string> = {};
  const query = new URLSearchParams(search);
  for (const [key, value] of query) if (key !== SERVICE && key !== NOT_SERVICE) params[key] = value;
  return {
    screen,
    id: safeDecode(id),
    params,
    services: query.getAll(SERVICE),
    notServices: query.getAll(NOT_SERVICE),
  };
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A hand-written % that encodes nothing stands for itself.
  }
}

/** Writes a place as a hash. Parameters that are '' are left out. */
export function formatHash(place: Place): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(place.params)) if (value !== '') query.set(key, value);
  for (const service of place.services) query.append(SERVICE, service);
  for (const service of place.notServices) query.append(NOT_SERVICE, service);
  const path = place.id === '' ? place.screen : `${place.screen}/${encodeURIComponent(place.id)}`;
  const search = query.toString();
  return `#/${path}${search === '' ? '' : `?${search}`}`;
}

/** The parameters of the list beside a trace; undefined when the place says nothing of it. */
function listParams({ screen, params }: Place): Place['params'] | undefined {
  const text = screen === 'trace' ? params[LIST] : undefined;
  return text === undefined ? undefined : Object.fromEntries(new URLSearchParams(text));
}

/** As the value of `list`. It begins with a question mark, so that a list without any is told, too. */
function formatListParams(params: Place['params']): string {
  const filled = Object.entries(params).filter(([, value]) => value !== '');
  return `?${new URLSearchParams(filled).toString()}`;
}

/** The current place, and the ways to another. */
export class Route {
  /** Whether the window is wide enough for the list beside an open trace. */
  isWide = $state(false);
  #place = $state.raw<Place>(parseHash(''));
  /** The hash that the place was read from. */
  #taken: string | undefined;
  /** What each screen was last at, so that returning to it finds the same filter and selection. */
  #last = $state.raw<Readonly<Record<string, Place>>>({});

  get screen(): string {
    return this.#place.screen;
  }

  get id(): string {
    return this.#place.id;
  }

  get services(): readonly string[] {
    return this.#place.services;
  }

  get notServices(): readonly string[] {
    return this.#place.notServices;
  }

  /** Whether the list of traces is shown beside a trace. */
  get isBeside(): boolean {
    return this.isWide && this.screen === 'trace';
  }

  /** Whether the list of traces is on the screen, alone or beside a trace. */
  get hasList(): boolean {
    return this.screen === 'traces' || this.isBeside;
  }

  /** A parameter of the current place; '' when it is not there. */
  param(key: string): string {
    return this.#place.params[key] ?? '';
  }

  /** A parameter of the list of traces as it is shown, or was last. */
  listParam(key: string): string {
    return this.#last['traces']?.params[key] ?? '';
  }

  /** Follows the window's hash. The result stops following. */
  attach(): () => void {
    // A followed link is told twice, as a step in the history and as another hash.
    const read = (): void => {
      if (location.hash !== this.#taken) this.#take(location.hash);
    };
    read();
    addEventListener('hashchange', read);
    addEventListener('popstate', read);
    return () => {
      removeEventListener('hashchange', read);
      removeEventListener('popstate', read);
    };
  }

  /** The hash of a target, for links. */
  href(target: Target): string {
    return formatHash({
      screen: target.screen,
      id: target.id ?? '',
      params: target.params ?? {},
      services: target.services ?? this.services,
      notServices: target.notServices ?? this.notServices,
    });
  }

  /** The hash of the current place with other parameters; '' takes one away. */
  hrefWith(params: Readonly<Record<string, string>>): string {
    const { screen, id } = this.#place;
    return this.href({ screen, id, params: { ...this.#place.params, ...params } });
  }

  /** The link to a screen as the person left it. */
  hrefOfScreen(screen: string): string {
    const last = this.#last[screen];
    return this.href({ screen, id: last?.id ?? '', params: last?.params ?? {} });
  }

  /** Goes somewhere: a new entry in the history, unless it replaces the current one. */
  go(target: Target, how: 'push' | 'replace' = 'push'): void {
    const carried = target.screen === 'trace' && this.isWide ? this.#carried() : {};
    this.#write(this.href({ ...target, params: { ...carried, ...target.params } }), how);
  }

  /** Goes to a screen as the person left it. */
  goToScreen(screen: string): void {
    this.#write(this.hrefOfScreen(screen), 'push');
  }

  /** Changes parameters of the current place; '' takes one away. Typing and moving replace. */
  set(params: Readonly<Record<string, string>>, how: 'push' | 'replace' = 'replace'): void {
    const { screen, id } = this.#place;
    this.go({ screen, id, params: { ...this.#place.params, ...params } }, how);
  }

  /** The same for the list of traces, on its own screen or beside a trace. */
  setList(params: Readonly<Record<string, string>>, how: 'push' | 'replace' = 'replace'): void {
    if (!this.isBeside) this.set(params, how);
    else
      this.set({ [LIST]: formatListParams({ ...this.#last['traces']?.params, ...params }) }, how);
  }

  /** Narrows every screen to `name`, or ends that when it is the only one chosen. */
  toggleService(name: string): void {
    const isOn = this.services.length === 1 && this.services[0] === name;
    this.#setServices(isOn ? [] : [name], without(this.notServices, name));
  }

  /** Leaves `name` out of every screen, or takes it in again. */
  toggleNotService(name: string): void {
    const isOut = this.notServices.includes(name);
    const rest = without(this.notServices, name);
    this.#setServices(without(this.services, name), isOut ? rest : [...rest, name]);
  }

  clearServices(): void {
    this.#setServices([], []);
  }

  #setServices(services: readonly string[], notServices: readonly string[]): void {
    const { screen, id, params } = this.#place;
    this.go({ screen, id, params, services, notServices });
  }

  #write(hash: string, how: 'push' | 'replace'): void {
    if (hash === location.hash) return;
    if (how === 'push') history.pushState(null, '', hash);
    else history.replaceState(null, '', hash);
    this.#take(hash);
  }

  #take(hash: string): void {
    const place = parseHash(hash);
    this.#taken = hash;
    this.#place = place;
    const list = listParams(place);
    this.#last = {
      ...this.#last,
      ...(list === undefined
        ? {}
        : { traces: { ...place, screen: 'traces', id: '', params: list } }),
      [place.screen]: place,
    };
  }

  #carried(): Place['params'] {
    return { [LIST]: formatListParams(this.#last['traces']?.params ?? {}) };
  }
}

function without(names: readonly string[], name: string): readonly string[] {
  return names.filter((other) => other !== name);
}
