import { textOf, type PromptVersion, type Versions } from './prompt.queries.ts'
import { countChanges, type TextDiff } from './text-diff.ts'

/** What a version is beside those before it. */
export interface VersionLine {
  /** In lines; undefined for the oldest that is loaded, unless it is the first of all. */
  changes: Pick<TextDiff, 'added' | 'removed'> | undefined
  /** The older version whose text it brought back. */
  sameAs: number | undefined
  /** It is the platform's default. */
  isDefault: boolean
}

/** What each loaded version changed, by its number. */
export function describeVersions(versions: Versions): ReadonlyMap<number, VersionLine> {
  const { items, defaultPrompt } = versions
  return new Map(
    items.map((version, at): [number, VersionLine] => {
      const before = items[at + 1]
      const older = items.slice(at + 2).find(({ system_prompt }) => system_prompt === version.system_prompt)
      const isComparable = before !== undefined || version.version === 1
      return [
        version.version,
        {
          sameAs: older?.version,
          isDefault: version.system_prompt === null,
          changes: isComparable
            ? countChanges({
                before: before ? textOf(before, defaultPrompt) : '',
                after: textOf(version, defaultPrompt),
              })
            : undefined,
        },
      ]
    }),
  )
}

/** Who made a version. */
export function describeAuthor(version: PromptVersion, userId: string): string {
  const { author } = version
  if (author === null) return 'A deleted account'
  if (author.id === userId) return 'You'
  return author.full_name ?? author.email ?? 'A deleted account'
}

/** The text of a version by its number; 0 is what answered before the first. Undefined when it is not loaded. */
export function findText(versions: Versions, version: number): string | undefined {
  if (version === 0) return versions.defaultPrompt
  const found = versions.items.find((item) => item.version === version)
  return found && textOf(found, versions.defaultPrompt)
}

/** “version 12”, “the platform’s default”. */
export function nameVersion(version: number): string {
  return version === 0 ? 'the platform’s default' : `version ${version}`
}
