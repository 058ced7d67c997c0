/** Entry of the engine process (dist/engine.js): a worker thread, or Electron's utility process. */
import { openControlPort } from './control-port.ts';
import { serveEngine } from './engine-service.ts';

serveEngine(openControlPort());
