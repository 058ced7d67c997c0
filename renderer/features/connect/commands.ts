/**
 * The commands of the Connect screen: the variables that point an SDK here, and how each language
 * starts without code changes. Source: the OpenTelemetry SDK environment variable specification, and
 * each project's zero-code documentation as of 2026.
 */

/** The forms in which variables are shown. */
export type Shell = 'sh' | 'PowerShell' | '.env';

/** Where to send: the receiver that works now. */
export interface Endpoint {
  readonly url: string;
  readonly protocol: 'http/protobuf' | 'grpc';
}

/** One variable with an optional remark. */
interface Variable {
  readonly name: string;
  readonly value: string;
  readonly remark?: string;
}

/** A language with its zero-code start. `lines` are shell lines; those with `#` are remarks. */
export interface Language {
  readonly name: string;
  readonly heading: string;
  readonly lines: readonly string[];
}

function variables(endpoint: Endpoint): readonly Variable[] {
  return [
    { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: endpoint.url },
    { name: 'OTEL_EXPORTER_OTLP_PROTOCOL', value: endpoint.protocol },
    // The default of five seconds feels broken on a laptop.
    { name: 'OTEL_BSP_SCHEDULE_DELAY', value: '200', remark: 'show spans within 0.2 s, not 5 s' },
    { name: 'OTEL_BLRP_SCHEDULE_DELAY', value: '200', remark: 'the same for logs' },
    { name: 'OTEL_METRIC_EXPORT_INTERVAL', value: '2000', remark: 'metrics every 2 s, not 60 s' },
  ];
}

/** The variables in a shell's syntax. */
export function variableLines(shell: Shell, endpoint: Endpoint): readonly string[] {
  return variables(endpoint).map(({ name, value, remark }) => {
    const after = remark === undefined ? '' : `  # ${remark}`;
    switch (shell) {
      case 'sh':
        return `export ${name}=${value}${after}`;
      case 'PowerShell':
        return `$env:${name} = "${value}"${after}`;
      case '.env':
        // Many .env readers take a remark behind a value for a part of it.
        return `${name}=${value}`;
    }
  });
}

/** How each language starts with its own instrumentation, in the order of the tabs. */
export const LANGUAGES: readonly Language[] = [
  {
    name: 'Node.js',
    heading: 'Node.js: no code changes',
    lines: [
      '# once: npm i @opentelemetry/api @opentelemetry/auto-instrumentations-node',
      'NODE_OPTIONS="--require @opentelemetry/auto-instrumentations-node/register" \\',
      'OTEL_SERVICE_NAME=my-service \\',
      'OTEL_LOGS_EXPORTER=otlp \\',
      'npm start',
    ],
  },
  {
    name: 'Python',
    heading: 'Python: no code changes',
    lines: [
      '# once: pip install opentelemetry-distro opentelemetry-exporter-otlp',
      '#       opentelemetry-bootstrap -a install',
      'OTEL_SERVICE_NAME=my-service \\',
      'OTEL_LOGS_EXPORTER=otlp \\',
      'OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED=true \\',
      'opentelemetry-instrument python app.py',
    ],
  },
  {
    name: 'Java',
    heading: 'Java: no code changes',
    lines: [
      '# once: download opentelemetry-javaagent.jar of the Java instrumentation project',
      'JAVA_TOOL_OPTIONS="-javaagent:./opentelemetry-javaagent.jar" \\',
      'OTEL_SERVICE_NAME=my-service \\',
      'java -jar app.jar',
    ],
  },
  {
    name: '.NET',
    heading: '.NET: no code changes',
    lines: [
      '# once: sh ./otel-dotnet-auto-install.sh',
      '. $HOME/.otel-dotnet-auto/instrument.sh',
      'OTEL_SERVICE_NAME=my-service \\',
      'dotnet run',
    ],
  },
  {
    name: 'Go',
    heading: 'Go: instrumented while building (Go 1.25 or newer)',
    lines: [
      '# once: go install go.opentelemetry.io/otelc/tool/cmd/otelc@latest',
      'otelc go build -o app .',
      'OTEL_SERVICE_NAME=my-service \\',
      './app',
    ],
  },
  {
    name: 'Ruby',
    heading: 'Ruby: no code changes',
    lines: [
      '# once: gem install opentelemetry-auto-instrumentation',
      'RUBYOPT="-r opentelemetry-auto-instrumentation" \\',
      'OTEL_RUBY_REQUIRE_BUNDLER=true \\',
      'OTEL_SERVICE_NAME=my-service \\',
      'ruby app.rb',
    ],
  },
  {
    name: 'PHP',
    heading: 'PHP: no code changes',
    lines: [
      '# once: pecl install opentelemetry',
      '#       composer require open-telemetry/sdk open-telemetry/exporter-otlp',
      'OTEL_PHP_AUTOLOAD_ENABLED=true \\',
      'OTEL_SERVICE_NAME=my-service \\',
      'php app.php',
    ],
  },
  {
    name: 'Rust',
    heading: 'Rust: the exporter reads the variables above',
    lines: [
      '# once: cargo add opentelemetry opentelemetry_sdk opentelemetry-otlp tracing-opentelemetry',
      'OTEL_SERVICE_NAME=my-service \\',
      'cargo run',
    ],
  },
  {
    name: 'Browser',
    heading: 'Browser: send from the page itself (CORS is on for local pages)',
    lines: [
      '# once: npm i @opentelemetry/sdk-trace-web @opentelemetry/exporter-trace-otlp-http',
      '#       npm i @opentelemetry/auto-instrumentations-web',
      'new OTLPTraceExporter({ url: "{httpUrl}/v1/traces" })',
    ],
  },
];

/** Configuration that makes a Collector send here too. */
export function collectorLines(endpoint: Endpoint): readonly string[] {
  const exporter = endpoint.protocol === 'grpc' ? 'otlp' : 'otlphttp';
  const name = `${exporter}/flametail`;
  const address = endpoint.protocol === 'grpc' ? endpoint.url.replace('http://', '') : endpoint.url;
  return [
    'exporters:',
    `  ${name}:`,
    `    endpoint: ${address}`,
    '    tls: { insecure: true }',
    '# and in service.pipelines: exporters: [..., ' + name + ']',
  ];
}

/** A piece of a line and what it is, for colouring. */
export interface CodePiece {
  readonly kind: 'plain' | 'keyword' | 'value' | 'remark';
  readonly text: string;
}

const PIECE = /^(export |\$env:)?([A-Z][A-Z0-9_]*)( ?= ?)("[^"]*"|[^\s#\\]+)(.*)$/;

/** Splits a line into a keyword, a variable, its value and a remark. */
export function highlightLine(line: string): readonly CodePiece[] {
  if (line.trimStart().startsWith('#')) return [{ kind: 'remark', text: line }];
  const match = PIECE.exec(line);
  if (match === null) return [{ kind: 'plain', text: line }];
  const [, lead = '', name = '', equals = '', value = '', rest = ''] = match;
  const pieces: CodePiece[] = [
    { kind: 'keyword', text: lead },
    { kind: lead === '' ? 'keyword' : 'plain', text: name },
    { kind: 'plain', text: equals },
    { kind: 'value', text: value },
    { kind: rest.trimStart().startsWith('#') ? 'remark' : 'plain', text: rest },
  ];
  return pieces.filter(({ text }) => text !== '');
}
