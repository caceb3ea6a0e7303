import type { ReactNode } from 'react'
import type { Bucket } from '../../lib/times.ts'
import { Segmented } from '../../ui/segmented.tsx'
import type { Group, Range } from './usage-view.ts'

const ranges = [
  { value: '24h', label: '24 h' },
  { value: '7d', label: '7 d' },
  { value: '30d', label: '30 d' },
  { value: 'month', label: 'This month' },
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

/** Range, group and bars of the view. */
export function UsageBar(props: {
  view: { range: Range; group: Group }
  bucket: Bucket
  onChange: (changes: { range?: Range; group?: Group; per?: 'auto' | Bucket; only?: undefined }) => void
}): ReactNode {
  const { view, onChange } = props
  return (
    <>
      <Segmented
        compact
        label="Range"
        value={view.range}
        choices={ranges}
        onChoose={(range) => onChange({ range, per: 'auto' })}
      />
      <span aria-hidden="true" className="ms-3 text-ink-2 phone:ms-0 phone:basis-full">
        Group by
      </span>
      <Segmented
        compact
        label="Group by"
        value={view.group}
        choices={groups}
        onChoose={(group) => onChange({ group, only: undefined })}
      />
      <span aria-hidden="true" className="ms-auto text-ink-2 phone:ms-0 phone:basis-full">
        Per
      </span>
      <Segmented
        compact
        label="Per"
        value={props.bucket}
        choices={buckets}
        onChoose={(bucket) => onChange({ per: bucket === (view.range === '24h' ? 'hour' : 'day') ? 'auto' : bucket })}
      />
    </>
  )
}
