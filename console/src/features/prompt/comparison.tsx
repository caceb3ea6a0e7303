import { useMemo, type ReactNode } from 'react'
import { ChoiceMenu } from '../../ui/choice-menu.tsx'
import type { Shown } from './choose-shown.ts'
import { nameVersion } from './describe-versions.ts'
import { DiffView } from './diff-view.tsx'
import type { Versions } from './prompt.queries.ts'
import { diffTexts } from './text-diff.ts'

/** What differs between a version and the one it stands against, word by word. */
export function Comparison(props: { shown: Shown; isDraft: boolean }): ReactNode {
  const { shown } = props
  const { text, against } = shown
  const diff = useMemo(
    () => (against.text === undefined ? undefined : diffTexts({ before: against.text, after: text })),
    [text, against.text],
  )
  if (!diff) return null
  const what = props.isDraft ? 'the draft' : nameVersion(shown.version?.version ?? against.version + 1)
  const from = nameVersion(against.version)
  if (diff.added + diff.removed === 0) {
    return (
      <p className="px-6 py-5 text-ink-2 phone:px-4">
        Nothing differs: {what} says what {from} says.
      </p>
    )
  }
  return (
    <div className="py-2">
      <DiffView diff={diff} name={`Changes from ${from} to ${what}`} />
    </div>
  )
}

/** Chooses what is compared with. */
export function AgainstMenu(props: {
  versions: Versions
  shown: Shown
  onChoose: (version: number) => void
}): ReactNode {
  const { versions, shown } = props
  const choices = [
    ...versions.items
      .filter(({ version }) => version !== shown.version?.version)
      .map(({ version }) => ({
        value: String(version),
        label: `Against version ${version}`,
        note: version === versions.liveVersion ? 'Live' : undefined,
      })),
    { value: '0', label: 'Against the default', note: 'The platform’s own prompt' },
  ]
  return (
    <ChoiceMenu
      size="small"
      label="Compare"
      value={String(shown.against.version)}
      choices={choices}
      onChoose={(version) => props.onChoose(Number(version))}
    />
  )
}
