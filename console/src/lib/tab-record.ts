/** Something that this tab remembers over a reload, and forgets when it is closed. */
export interface TabRecord<T> {
  read(): T | undefined
  write(value: T): void
  clear(): void
}

/**
 * Makes a record in sessionStorage. Where storage is closed or full, nothing is remembered.
 * @param options.parse undefined for what is none of its values, such as one of an older version
 */
export function createTabRecord<T>(options: {
  key: string
  parse: (value: unknown) => T | undefined
  storage?: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
}): TabRecord<T> {
  const { key, parse, storage = () => sessionStorage } = options
  const attempt = <R>(work: () => R): R | undefined => {
    try {
      return work()
    } catch {
      return undefined
    }
  }
  return {
    read: () => attempt(() => parse(JSON.parse(storage().getItem(key) ?? 'null'))),
    write: (value) => attempt(() => storage().setItem(key, JSON.stringify(value))),
    clear: () => attempt(() => storage().removeItem(key)),
  }
}
