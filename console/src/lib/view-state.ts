/** What one part of a page’s view state can be. */
export type ViewValue = string | number | boolean | readonly string[] | undefined

/** How one part of a page’s view state is written into its address. */
export interface ViewField<Value extends ViewValue> {
  /** What stands when the address says nothing, or something that cannot be read. */
  fallback: Value
  /** Reads the text of the address; undefined when it cannot be one. */
  read(text: string): Value | undefined
}

/** The parts of a page’s view state by their readable names in the address. */
export type ViewFields = Record<string, ViewField<ViewValue>>

type ValueOf<Field> = Field extends ViewField<infer Value> ? Value : never

/** Every part of the view state, defaults filled in. */
export type ViewState<Fields extends ViewFields> = { [Name in keyof Fields]: ValueOf<Fields[Name]> }

/** What the address holds: only what differs from the defaults. */
export type ViewSearch<Fields extends ViewFields> = { [Name in keyof Fields]?: ValueOf<Fields[Name]> }

/** The view state of one page: `validate` for its route, `fill` for its component. */
export interface View<Fields extends ViewFields> {
  /** For `validateSearch`: reads the address, drops what is unknown, unreadable or a default. */
  validate(search: Record<string, unknown>): ViewSearch<Fields>
  /** The whole state of an address. */
  fill(search: Record<string, unknown>): ViewState<Fields>
  /** Whether these changes make another list of it, which is read from its start. */
  startsAnew(changes: ViewSearch<Fields>): boolean
}

/**
 * Describes the view state of a page: `defineView({ q: textField(), range: choiceField(['24h', '7d'], '7d') })`.
 * `anew` names what makes another list of it when it changes (search, filters, sort): the page then starts at its top.
 */
export function defineView<Fields extends ViewFields>(
  fields: Fields,
  options: { anew?: readonly (keyof Fields & string)[] } = {},
): View<Fields> {
  const fill = (search: Record<string, unknown>): ViewState<Fields> =>
    // The names and the type of each value come from `fields` itself.
    Object.fromEntries(
      Object.entries(fields).map(([name, field]) => {
        const text = writeValue(search[name])
        return [name, (text === undefined ? undefined : field.read(text)) ?? field.fallback]
      }),
    ) as ViewState<Fields>
  return {
    fill,
    startsAnew: (changes) => options.anew?.some((name) => Object.hasOwn(changes, name)) ?? false,
    validate: (search) => {
      const deviating = Object.entries(fill(search)).filter(([name, value]) => {
        return writeValue(value) !== writeValue(fields[name]?.fallback)
      })
      return Object.fromEntries(deviating) as ViewSearch<Fields>
    },
  }
}

/** One of a few words: `range=30d`. */
export function choiceField<const Value extends string>(
  values: readonly Value[],
  fallback: NoInfer<Value>,
): ViewField<Value> {
  return { fallback, read: (text) => values.find((value) => value === text) }
}

/** Free words, such as what was searched: `q=kepler`. */
export function textField(fallback = '', charactersMax = 200): ViewField<string> {
  return { fallback, read: (text) => text.slice(0, charactersMax) }
}

/** Something that may be chosen or not, such as the open row: `open=0192f3a1`. */
export function optionalField(charactersMax = 200): ViewField<string | undefined> {
  return { fallback: undefined, read: (text) => text.slice(0, charactersMax) || undefined }
}

/** Several words without commas: `model=gpt-4.1,gpt-4.1-mini`. */
export function listField(valuesMax = 50): ViewField<readonly string[]> {
  return { fallback: [], read: (text) => text.split(',').filter(Boolean).slice(0, valuesMax) }
}

/** A UTC day of this century: `from=2026-11-01`. */
export function dayField(): ViewField<string | undefined> {
  return { fallback: undefined, read: (text) => (isDay(text) ? text : undefined) }
}

/** Whether a text is a day that there is, written as `2026-11-01`, from 2000 on. */
export function isDay(text: string): boolean {
  if (!/^20\d\d-\d\d-\d\d$/.test(text)) return false
  // 30 February is read as a day of March.
  const time = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text)
}

/** A whole number: `version=12`. */
export function integerField(fallback?: number): ViewField<number | undefined> {
  return { fallback, read: (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : undefined) }
}

/** A mark that is set or not: `compare=yes`. */
export function flagField(): ViewField<boolean> {
  return { fallback: false, read: (text) => (text === 'yes' ? true : undefined) }
}

/** Reads an address’s query as plain words, for the router: no quotes, no JSON; the last of a repeated name counts. */
export function parseSearch(query: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(query))
}

/** Writes a query as plain words, readable in the address bar: `?range=30d&model=gpt-4.1,gpt-4.1-mini`. */
export function stringifySearch(search: Record<string, unknown>): string {
  const pairs = Object.entries(search).flatMap(([name, value]) => {
    const text = writeValue(value)
    return text === undefined ? [] : [`${encode(name)}=${encode(text)}`]
  })
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

function writeValue(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.join(',')
  if (typeof value === 'boolean') return value ? 'yes' : undefined
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

/** Percent-encodes, but leaves what a query may hold as it is (RFC 3986 §3.4), so that it can be read. */
function encode(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%2C', ',')
    .replaceAll('%3A', ':')
    .replaceAll('%2F', '/')
    .replaceAll('%20', '+')
}
