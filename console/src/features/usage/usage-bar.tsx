import type { ReactNode } from 'react'
import type { Bucket } from '../../lib/times.ts'
import { useIsPhone } from '../../lib/use-media.ts'
import { ChoiceMenu } from '../../ui/choice-menu.tsx'
import { DayField } from '../../ui/day-field.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { fillDays, type Group, type Range } from './usage-view.ts'

const ranges = [
  { value: '24h', label: '24 h' },
  { value: '7d', label: '7 d' },
  { value: '30d', label: '30 d' },
  { value: 'month', label: 'This month' },
  { value: 'custom', label: 'Custom' },
] as const

const groups = [
  { value: 'tenant', label: 'Tenant' },
  { value: 'model', label: 'Model' },
  { value: 'user', label: 'User' },
  { value: 'purpose', label: 'Purpose' },
] as const

const buckets = [
  { value: 'hour', label: 'Hour' },
  { value: 'day', label: 'Day' },
  { value: 'month', label: 'Month' },
] as const

type Changes = {
  range?: Range
  from?: string | undefined
  to?: string | undefined
  group?: Group
  per?: 'auto' | Bucket
  only?: undefined
}

/** Range, group and bars of the view: side by side, on a phone as menus. */
export function UsageBar(props: {
  view: { range: Range; from: string | undefined; to: string | undefined; group: Group }
  bucket: Bucket
  /** The bars when none are chosen. */
  usualBucket: Bucket
  now: Date
  onChange: (changes: Changes, how?: { typing?: boolean }) => void
}): ReactNode {
  const { view, onChange, now } = props
  const isPhone = useIsPhone()
  const days = fillDays({ from: view.from, to: view.to, now })
  const chooseRange = (range: Range): void =>
    onChange({ range, per: 'auto', ...(range === 'custom' ? days : { from: undefined, to: undefined }) })
  const chooseGroup = (group: Group): void => onChange({ group, only: undefined })
  const chooseBucket = (bucket: Bucket): void => onChange({ per: bucket === props.usualBucket ? 'auto' : bucket })
  const custom = view.range === 'custom' && (
    <Days
      days={days}
      today={now.toISOString().slice(0, 10)}
      onChange={(chosen) => onChange({ ...chosen, per: 'auto' }, { typing: true })}
    />
  )
  if (isPhone) {
    return (
      <>
        <ChoiceMenu label="Range" value={view.range} choices={ranges} onChoose={chooseRange} />
        <ChoiceMenu
          label="Group by"
          value={view.group}
          choices={groups.map(({ value, label }) => ({ value, label: `By ${label.toLowerCase()}` }))}
          onChoose={chooseGroup}
        />
        <ChoiceMenu
          label="Per"
          value={props.bucket}
          choices={buckets.map(({ value, label }) => ({ value, label: `Per ${label.toLowerCase()}` }))}
          onChoose={chooseBucket}
        />
        {custom}
      </>
    )
  }
  return (
    <>
      <Segmented compact label="Range" value={view.range} choices={ranges} onChoose={chooseRange} />
      {custom}
      <span aria-hidden="true" className="ms-3 text-ink-2">
        Group by
      </span>
      <Segmented compact label="Group by" value={view.group} choices={groups} onChoose={chooseGroup} />
      <span aria-hidden="true" className="ms-auto text-ink-2">
        Per
      </span>
      <Segmented compact label="Per" value={props.bucket} choices={buckets} onChoose={chooseBucket} />
    </>
  )
}

/** The first and the last day of a range of one's own, both included; the other one follows where they would cross. */
function Days(props: {
  days: { from: string; to: string }
  today: string
  onChange: (days: { from: string; to: string }) => void
}): ReactNode {
  const { days, today } = props
  return (
    <span className="flex items-center gap-2 phone:basis-full">
      <DayField
        className="w-auto! phone:flex-1"
        label="From"
        value={days.from}
        max={today}
        onChoose={(from) => props.onChange({ from, to: from > days.to ? from : days.to })}
      />
      <span aria-hidden="true" className="text-ink-3">
        to
      </span>
      <DayField
        className="w-auto! phone:flex-1"
        label="To"
        value={days.to}
        max={today}
        onChoose={(to) => props.onChange({ to, from: to < days.from ? to : days.from })}
      />
    </span>
  )
}
