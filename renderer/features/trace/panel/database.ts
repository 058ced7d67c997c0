/** Database calls as the semantic conventions describe them, current and retired. */
import type { JsonAttribute } from '../../../../proto/live/methods.ts';
import type { Attributes, Fact } from './attributes.ts';

export interface DatabaseContent {
  /** `SQL` where the query is one, else the system's name. */
  readonly title: string;
  readonly isSql: boolean;
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
  const isSql = query !== '' && !OTHER_LANGUAGES.test(system) && SQL_START.test(query);
  const namespace = attributes.text('db.namespace');
  if (system === '' && query === '' && attributes.text('db.operation.name') === '') return null;
  return {
    title: isSql ? 'SQL' : 'Database',
    isSql,
    system,
    namespace,
    query,
    parameters: [
      ...attributes.below('db.query.parameter.'),
      ...attributes.below('db.operation.parameter.'),
    ],
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
    ],
  };
}
