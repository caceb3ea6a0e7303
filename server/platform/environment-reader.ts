import type { Static, TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

/** Environment variables by name. */
export type Environment = Record<string, string | undefined>

/** Reads single variables and collects what is wrong with them. */
export class EnvironmentReader {
  readonly problems: string[] = []

  constructor(private readonly environment: Environment) {}

  /** The variable without spaces around it; an empty one is unset. */
  text(name: string): string | undefined {
    const value = this.environment[name]?.trim()
    return value === undefined || value === '' ? undefined : value
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.text(name)?.toLowerCase()
    if (value === undefined) return fallback
    if (['true', '1', 'yes', 'on'].includes(value)) return true
    if (['false', '0', 'no', 'off'].includes(value)) return false
    this.problems.push(`${name} must be true or false.`)
    return fallback
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const value = this.text(name)
    if (value === undefined) return fallback
    const number = Number(value)
    if (Number.isInteger(number) && number >= min && number <= max) return number
    this.problems.push(`${name} must be a whole number from ${min} to ${max}.`)
    return fallback
  }

  oneOf<const T extends string>(name: string, values: readonly T[], fallback: T): T {
    const value = this.text(name)
    if (value === undefined) return fallback
    const found = values.find((candidate) => candidate === value)
    if (found === undefined) this.problems.push(`${name} must be one of ${values.join(', ')}.`)
    return found ?? fallback
  }

  url(name: string): string | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const url = URL.canParse(value) ? new URL(value) : undefined
    if (!url || !['http:', 'https:'].includes(url.protocol) || url.username || url.password) {
      this.problems.push(`${name} must be an http or https address without a user name.`)
      return undefined
    }
    return value.replace(/\/+$/, '')
  }

  smtpUrl(name: string): string | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const url = URL.canParse(value) ? new URL(value) : undefined
    if (url && ['smtp:', 'smtps:'].includes(url.protocol) && url.hostname) return value
    this.problems.push(`${name} must be the address of a mail server (smtp://user:password@host:587 or smtps://…).`)
    return undefined
  }

  redisUrl(name: string): string | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const url = URL.canParse(value) ? new URL(value) : undefined
    if (url && ['redis:', 'rediss:'].includes(url.protocol) && url.hostname) return value
    this.problems.push(`${name} must be the address of a Redis server (redis://user:password@host:6379 or rediss://…).`)
    return undefined
  }

  /** A JSON value of this shape. */
  json<S extends TSchema>(name: string, schema: S): Static<S> | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    try {
      const parsed: unknown = JSON.parse(value)
      if (Value.Check(schema, parsed)) return parsed
      const [first] = [...Value.Errors(schema, parsed)].filter((error) => error.path !== '')
      this.problems.push(`${name} is not as it must be${first ? `: ${first.path.slice(1).replaceAll('/', '.')}` : ''}.`)
    } catch {
      this.problems.push(`${name} must be JSON.`)
    }
    return undefined
  }

  databaseUrl(name: string): string | undefined {
    const value = this.text(name)?.replace(/^postgres(?:ql)?(?:\+\w+)?:\/\//, 'postgres://')
    if (value === undefined) return undefined
    if (value.startsWith('postgres://') && URL.canParse(value)) return value
    this.problems.push(`${name} must be a PostgreSQL address (postgres://user:password@host:port/database).`)
    return undefined
  }

  origins(name: string): string[] {
    const value = this.text(name)
    if (value === undefined) return []
    const origins: string[] = []
    for (const item of splitList(value)) {
      const url = URL.canParse(item) ? new URL(item) : undefined
      if (
        item.includes('*') ||
        !url ||
        !['http:', 'https:'].includes(url.protocol) ||
        url.origin !== item.replace(/\/$/, '')
      ) {
        this.problems.push(
          `${name}: ${JSON.stringify(item.slice(0, 100))} must be one origin such as https://app.example.com; "*" is refused.`,
        )
      } else {
        origins.push(url.origin)
      }
    }
    return origins
  }
}

function splitList(value: string): string[] {
  if (value.startsWith('[')) {
    try {
      const parsed: unknown = JSON.parse(value)
      if (Array.isArray(parsed)) return parsed.map(String)
    } catch {
      return ['*']
    }
  }
  return value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)
}
