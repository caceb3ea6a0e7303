import { type Config, readConfig } from '../platform/config.ts'

/**
 * Reads the words behind a command. `--help` prints its usage and ends with 0. Another option (no command has one), or
 * more words than it takes, print the usage as an error and end with 2: nothing is begun that was not asked for.
 */
export function readWords({ usage, wordsMax }: { usage: string; wordsMax: number }): string[] {
  const words = process.argv.slice(2)
  if (words.includes('--help') || words.includes('-h')) {
    process.stdout.write(`${usage}\n`)
    process.exit(0)
  }
  const excess = words.find((word) => word.startsWith('-')) ?? words[wordsMax]
  if (excess !== undefined) {
    process.stderr.write(`${excess} is not understood.\n\n${usage}\n`)
    process.exit(2)
  }
  return words
}

/**
 * The configuration of a command, with variables of its own. On a developer's machine, where nothing is set, it means the
 * database that `bun run dev` made. Throws a `ConfigError` that names every problem.
 */
export function readCommandConfig(variables: Record<string, string> = {}): Promise<Config> {
  const mode = process.env.NODE_ENV || (process.env.DATABASE_URL ? 'production' : 'development')
  return readConfig({ ...process.env, NODE_ENV: mode, ...variables })
}
