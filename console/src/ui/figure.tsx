import type { ReactNode } from 'react'
import type { Quantity } from '../lib/numbers.ts'
import { classNames } from './class-names.ts'

/** A large number with its unit, comparison and name. */
export interface FigureProps {
  name: string
  value: Quantity
  /** The change against the period before; `rise` is verdigris, `alarm` red, `plain` says no more than the number. */
  change?: { text: string; tone: 'rise' | 'plain' | 'alarm' }
  /** What stands after the change: “on last week”, “p95 1,204 ms”. */
  note?: ReactNode
}

const tones = { rise: 'text-accent-text', plain: 'text-ink-2', alarm: 'text-danger' }

/** Figures side by side, ruled, two by two on a phone; `key` names the pressed one, which the chart below shows. */
export function FigureStrip<Key extends string>(props: {
  label: string
  figures: readonly (FigureProps & { key: Key })[]
  /** The pressed figure; left out, they cannot be pressed. */
  chosen?: Key
  onChoose?: (key: Key) => void
}): ReactNode {
  return (
    <ul
      aria-label={props.label}
      className="flex border-b border-line phone:grid phone:grid-cols-2 [&>li]:border-line desk:[&>li]:not-last:border-e phone:[&>li:nth-child(n+3)]:border-t phone:[&>li:nth-child(odd):not(:last-child)]:border-e phone:[&>li:nth-child(odd):last-child]:col-span-2"
    >
      {props.figures.map(({ key, ...figure }) => (
        <li key={key} className="min-w-0 flex-1">
          {props.onChoose ? (
            <button
              type="button"
              aria-pressed={key === props.chosen}
              onClick={() => props.onChoose?.(key)}
              className="group relative flex h-full w-full flex-col px-6 pt-4 pb-[18px] text-start -outline-offset-2 hover:bg-hover aria-pressed:bg-transparent aria-pressed:after:absolute aria-pressed:after:inset-x-0 aria-pressed:after:-bottom-px aria-pressed:after:h-[2px] aria-pressed:after:bg-accent phone:px-4"
            >
              <Figure {...figure} />
            </button>
          ) : (
            <div className="h-full px-6 pt-4 pb-[18px] phone:px-4">
              <Figure {...figure} />
            </div>
          )}
        </li>
      ))}
    </ul>
  )
}

/** One figure; `size="head"` is the smaller one above a chart. */
export function Figure(props: FigureProps & { size?: 'figure' | 'head' }): ReactNode {
  const head = props.size === 'head'
  return (
    <span className={classNames('block min-w-0', head && 'flex flex-wrap items-baseline gap-x-2')}>
      <span
        className={classNames(
          'block text-meta text-ink-2 group-aria-pressed:font-semibold group-aria-pressed:text-accent-text',
          head && 'sr-only',
        )}
      >
        {props.name}
      </span>
      <span
        className={classNames(
          'block font-medium whitespace-nowrap text-ink tabular-nums',
          head ? 'text-[18px]/[24px] tracking-[-.02em]' : 'text-figure tracking-[-.03em] phone:text-[22px]/[28px]',
        )}
      >
        {props.value.number}
        {props.value.unit !== '' && (
          <span
            className={classNames(
              'ms-[2px] leading-none font-normal tracking-normal text-ink-3',
              head ? 'text-[13px]' : 'text-[14px]',
            )}
          >
            {props.value.unit}
          </span>
        )}
      </span>
      <span className={classNames('block min-h-[16px] text-meta text-ink-3 tabular-nums', !head && 'truncate')}>
        {props.change && (
          <span className={classNames('font-medium', tones[props.change.tone], 'me-1')}>{props.change.text}</span>
        )}
        {props.note}
      </span>
    </span>
  )
}
