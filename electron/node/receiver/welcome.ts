/** What the HTTP port says to a person or a program that opens it in a browser. */

/** Where to go from here; '' when there is no UI or no gRPC port to name. */
export interface WelcomeFacts {
  readonly version: string;
  readonly uiUrl: string;
  readonly httpPort: number;
  readonly grpcPort: number;
}

/** The answer of `GET /` as JSON; another Flametail reads `ui` when it finds the port taken. */
export function welcomeJson(facts: WelcomeFacts): string {
  return JSON.stringify({
    name: 'flametail',
    version: facts.version,
    ui: facts.uiUrl,
    otlpHttp: `http://127.0.0.1:${facts.httpPort}`,
    otlpGrpc: facts.grpcPort === 0 ? '' : `127.0.0.1:${facts.grpcPort}`,
  });
}

/** The answer of `GET /` as text. */
export function welcomeText(facts: WelcomeFacts): string {
  const lines = [
    `Flametail ${facts.version}: an OpenTelemetry receiver on this machine.`,
    '',
    facts.uiUrl === '' ? 'The UI is the Flametail window.' : `UI: ${facts.uiUrl}`,
    `OTLP/HTTP: POST to http://localhost:${facts.httpPort}/v1/traces, /v1/logs, /v1/metrics or /v1development/profiles`,
  ];
  if (facts.grpcPort !== 0) lines.push(`OTLP/gRPC: localhost:${facts.grpcPort}`);
  lines.push('', `OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:${facts.httpPort}`, '');
  return lines.join('\n');
}
