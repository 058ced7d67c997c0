/**
 * An engine process that keeps nothing: it answers the control messages, and a live session echoes.
 * A live message `die` ends the process with an error, as a crash would.
 */
import { appendFileSync, writeFileSync } from 'node:fs';

const { parentPort } = process;
const listening = (protocol, port) => ({
  protocol,
  state: 'listening',
  port,
  hosts: ['127.0.0.1'],
  message: '',
});
const NOTHING = { spans: 0, logRecords: 0, dataPoints: 0, profiles: 0 };

function handle(message, ports) {
  switch (message.type) {
    case 'start': {
      const { httpPort, grpcPort } = message.config;
      const receivers = [listening('http', httpPort), listening('grpc', grpcPort)];
      parentPort.postMessage({ type: 'ready', receivers, engineId: String(Date.now()) });
      return;
    }
    case 'connect': {
      const [port] = ports;
      port.on('message', ({ data }) => {
        if (data === 'die') process.exit(7);
        port.postMessage(data);
      });
      port.start();
      return;
    }
    case 'exportFile':
      writeFileSync(message.path, JSON.stringify(message.request));
      parentPort.postMessage({ type: 'fileDone', id: message.id, result: { bytes: 1234 } });
      return;
    case 'importFile': {
      if (message.path.includes('bad')) {
        const error = { code: 'badFile', message: 'It is no telemetry file.' };
        parentPort.postMessage({ type: 'fileFailed', id: message.id, error });
        return;
      }
      const imported = { ...NOTHING, spans: 3, logRecords: 1 };
      const result = { imported: { imported, skipped: [] } };
      appendFileSync(`${message.path}.read`, 'x');
      parentPort.postMessage({ type: 'fileDone', id: message.id, result });
      return;
    }
    case 'stop':
      parentPort.postMessage({ type: 'stopped' });
      process.exit(0);
  }
}

parentPort.on('message', ({ data, ports }) => handle(data, ports));
