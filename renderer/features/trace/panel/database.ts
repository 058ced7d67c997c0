/** Database calls as the semantic conventions describe them, current and retired. */
import type { JsonAttribute } from '../../../../proto/live/methods.ts';
import { parsedJson } from '../span-content.ts';
import type { Attributes, Fact } from './attributes.ts';

export interface DatabaseContent {
  /** `SQL` where the query is one, else the system's name. */
  readonly title: string;
  /** What the query is written in, for its colours. */
  readonly language: 'sql' | 'json' | 'command' | 'text';
  readonly system: string;
  readonly namespace: string;
  /** As it was sent; '' without one. */
  readonly query: string;
  readonly parameters: readonly JsonAttribute[];
  readonly facts: readonly Fact[];
}

/** Systems whose query text is no SQL. */
const OTHER_LANGUAGES =
  /redis|mongo|elasticsearch|opensearch|memcached|couchbase|couchdb|dynamodb|neo4j|hbase|influx|cosmosdb|valkey|geode/;
const SQL_START =
  /^\s*(?:--.*\n|\/\*[\s\S]*?\*\/|\s)*(?:select|insert|update|delete|with|create|alter|drop|merge|replace|truncate|begin|commit|rollback|call|exec|explain|set|show|values|grant|copy|lock|upsert|\()/i;

/** The database side of a span; null when it has none. */
export function readDatabase(attributes: Attributes): DatabaseContent | null {
  if (!attributes.hasAny('db.')) return null;
  const system = attributes.text('db.system.name');
  const query = attributes.text('db.query.text');
  const language = languageOf(query, system);
  const namespace = attributes.text('db.namespace');
  if (system === '' && query === '' && attributes.text('db.operation.name') === '') return null;
  return {
    title: language === 'sql' ? 'SQL' : 'Database',
    language,
    system,
    namespace,
    query,
    parameters: parametersOf(attributes, query),
    facts: [
      ...(query === ''
        ? attributes.facts([
            ['db.query.summary', 'summary'],
            ['db.operation.name', 'operation'],
          ])
        : []),
      ...attributes
        .facts([
          ['db.collection.name', 'collection'],
          ['db.stored_procedure.name', 'procedure'],
          ['db.operation.batch.size', 'batch size'],
          ['db.response.returned_rows', 'rows returned'],
          ['db.sql.rows_affected', 'rows affected'],
          ['db.response.status_code', 'status code'],
          ['db.redis.database_index', 'database index'],
        ])
        .filter(({ label, text }) => label !== 'database index' || text !== namespace),
      ...serverOf(attributes),
    ],
  };
}

function languageOf(query: string, system: string): DatabaseContent['language'] {
  if (query === '') return 'text';
  if (/redis|valkey|memcached/.test(system)) return 'command';
  if (parsedJson(query) !== null) return 'json';
  return !OTHER_LANGUAGES.test(system) && SQL_START.test(query) ? 'sql' : 'text';
}

/** Parameters without names are numbered from 0; a query that says $1 counts from 1. */
function parametersOf(attributes: Attributes, query: string): JsonAttribute[] {
  const sent = [
    ...attributes.below('db.query.parameter.'),
    ...attributes.below('db.operation.parameter.'),
  ];
  const isNumbered = /\$1(?!\d)/.test(query) && sent.some(({ key }) => key === '0');
  return sent.map(({ key, value }) => ({
    key: isNumbered && /^\d+$/.test(key) ? `$${String(Number(key) + 1)}` : key,
    value,
  }));
}

/** Where the database is, also under the retired names. */
function serverOf(attributes: Attributes): Fact[] {
  const address = attributes.text('server.address', 'net.peer.name');
  const port = attributes.text('server.port', 'net.peer.port');
  if (address === '') return [];
  return [{ label: 'server', text: port === '' ? address : `${address}:${port}`, tone: 'text' }];
}
