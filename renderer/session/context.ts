/** How components reach the session: through Svelte's context, set once by the root component. */
import { createContext } from 'svelte';
import type { Session } from './session.svelte.ts';

/** `getSession()` in any component below the root; `setSession` in the root and in tests. */
export const [getSession, setSession] = createContext<Session>();
