import { useId, useState, type ReactNode } from 'react'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { formatPlural } from '../../lib/numbers.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { State } from '../../ui/state.tsx'
import { When } from '../../ui/time.tsx'
import { useToasts } from '../../ui/toasts.ts'
import { formatRate, type PricedModel, tellWithout } from './price-words.ts'
import { type Price, useRemovePrice } from './use-prices.ts'

const stateWords = {
  coming: { kind: 'working', word: 'To come' },
  current: { kind: 'fine', word: 'In force' },
  past: { kind: 'suspended', word: 'Past' },
} as const

/** The versions of a model's price, newest first, and the way to take one back; what that does is said before it. */
export function PriceHistory(props: { priced: PricedModel; onClose: () => void }): ReactNode {
  const { model, versions } = props.priced
  const closeId = useId()
  const [asked, setAsked] = useState<string>()
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={`Prices of ${model}`}
      description={`${formatPlural(versions.length, 'version')}, in US dollars for a million tokens.`}
      // Not on what removes the price in force.
      onOpenFocus={(event) => {
        event.preventDefault()
        document.getElementById(closeId)?.focus()
      }}
      foot={
        <Button id={closeId} onClick={props.onClose}>
          Close history
        </Button>
      }
    >
      <ul className="mt-3 flex flex-col">
        {versions.map((version) => (
          <li key={version.id} className="border-t border-line py-[10px]">
            <div className="flex items-center gap-x-4">
              <div className="min-w-0 flex-1">
                <p className="text-ink tabular-nums">
                  {formatRate(version.input_per_million_micro_usd)} input,{' '}
                  {formatRate(version.cached_input_per_million_micro_usd)} cached,{' '}
                  {formatRate(version.output_per_million_micro_usd)} output
                </p>
                <p className="flex flex-wrap items-center gap-x-3 text-meta text-ink-3">
                  <State kind={stateWords[version.state].kind}>{stateWords[version.state].word}</State>
                  <span>
                    Since <When time={version.valid_from} />
                  </span>
                </p>
              </div>
              {asked !== version.id && (
                <Button size="small" onClick={() => setAsked(version.id)}>
                  Remove…
                </Button>
              )}
            </div>
            {asked === version.id && (
              <RemoveVersion
                priced={props.priced}
                version={version}
                onKeep={() => setAsked(undefined)}
                onRemoved={() => {
                  setAsked(undefined)
                  if (versions.length === 1) props.onClose()
                }}
              />
            )}
          </li>
        ))}
      </ul>
    </Dialog>
  )
}

function RemoveVersion(props: {
  priced: PricedModel
  version: Price
  onKeep: () => void
  onRemoved: () => void
}): ReactNode {
  const { priced, version } = props
  const remove = useRemovePrice()
  const toasts = useToasts()
  const problem = remove.error ? toProblem(remove.error) : undefined
  const removeVersion = async (): Promise<void> => {
    try {
      await remove.mutateAsync(version)
    } catch {
      // Said above the buttons.
      return
    }
    toasts.done(`Price of ${priced.model} removed`, { detail: 'What was counted by it stays as it was.' })
    props.onRemoved()
  }
  return (
    <div className="mt-2">
      <p className="text-ink-2">{tellWithout(priced.versions, version)}</p>
      <ProblemNotice className="mt-2" words={problem && describeProblem({ problem, attempt: 'other' })} />
      <div className="mt-2 flex gap-2">
        <Button size="small" autoFocus disabled={remove.isPending} onClick={props.onKeep}>
          Keep price
        </Button>
        <Button size="small" kind="danger" busy={remove.isPending} onClick={() => void removeVersion()}>
          Remove price
        </Button>
      </div>
    </div>
  )
}
