/** Where files of this user are that outlive a run. */
import envPaths from 'env-paths';

const paths = envPaths('flametail', { suffix: '' });

/** The per-user config folder; FLAMETAIL_CONFIG_DIR names another. */
export function configFolderPath(env: Readonly<Record<string, string | undefined>>): string {
  return env['FLAMETAIL_CONFIG_DIR'] ?? paths.config;
}

/** The per-user state folder; FLAMETAIL_STATE_DIR names another. It may not exist. */
export function stateFolderPath(env: Readonly<Record<string, string | undefined>>): string {
  return env['FLAMETAIL_STATE_DIR'] ?? paths.log;
}
