/** Ends HTTP/2 sessions of the gRPC port that nothing can come of. */
import type { Http2Server, ServerHttp2Session } from 'node:http2';

interface Watched {
  /** A PING that no answer came to. */
  isAsked: boolean;
  /** Its preface was whole. */
  isOpen: boolean;
}

/**
 * Watches the sessions of a server until the result is called. Two kinds are ended after `headersMs`:
 * those whose preface never comes whole, and those that broke a rule of HTTP/2 afterwards. To the
 * latter nghttp2 says GOAWAY by itself; from then on it neither reads, so that the end of the connection
 * goes unseen, nor writes, and node:http2 tells nobody. A PING that stays in its queue gives them away.
 */
export function endDeadSessions(http2Server: Http2Server, headersMs: number): () => void {
  const sessions = new Map<ServerHttp2Session, Watched>();
  http2Server.on('session', (session: ServerHttp2Session) => {
    const watched: Watched = { isAsked: false, isOpen: false };
    sessions.set(session, watched);
    const timer = setTimeout(() => session.destroy(), headersMs).unref();
    session.once('remoteSettings', () => {
      clearTimeout(timer);
      watched.isOpen = true;
    });
    session.once('close', () => {
      clearTimeout(timer);
      sessions.delete(session);
    });
  });
  const sweep = setInterval(() => {
    for (const [session, watched] of sessions) if (watched.isOpen) ask(session, watched);
  }, headersMs).unref();
  return () => clearInterval(sweep);
}

function ask(session: ServerHttp2Session, watched: Watched): void {
  if (session.destroyed || session.closed) return;
  if (!watched.isAsked) {
    watched.isAsked = session.ping(() => {
      watched.isAsked = false;
    });
    return;
  }
  // A client that is only slow to answer has been sent it.
  if ((session.state.outboundQueueSize ?? 0) > 0) session.destroy();
}
