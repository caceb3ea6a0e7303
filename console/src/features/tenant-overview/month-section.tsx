import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { tenantPath } from '../../lib/paths.ts'
import { useNow } from '../../lib/use-now.ts'
import { classNames } from '../../ui/class-names.ts'
import { Meter } from '../../ui/meter.tsx'
import { Section } from '../../ui/section.tsx'
import { forecastMonth, listPaces, measureMonth } from './month-words.ts'
import type { TenantOverview } from './tenant-overview.queries.ts'

/** What was used this month, against the limits there are, and how it will end. */
export function MonthSection(props: { tenantId: string; month: TenantOverview['month'] }): ReactNode {
  const { tenantId, month } = props
  const now = useNow()
  const measures = measureMonth(month)
  const refuses = measures.some(({ refused }) => refused)
  return (
    <Section
      title="This month"
      actions={
        <Link to={tenantPath(tenantId, 'limits')} className="link no-underline hover:underline">
          Open limits
        </Link>
      }
    >
      <dl className="flex flex-col gap-3">
        {measures.map(({ name, used, limit, share, refused }) => (
          <div key={name} className="flex flex-wrap items-baseline gap-x-3">
            <dt className="text-ink">{name}</dt>
            <dd className="ms-auto text-ink-2 tabular-nums">
              <span className="text-ink">{used}</span>
              {limit !== undefined && ` of ${limit}`}
            </dd>
            {limit !== undefined && (
              <dd className="basis-full">
                <Meter label={`${name}, ${used} of ${limit}`} share={share} refused={refused} className="mt-2" />
              </dd>
            )}
          </div>
        ))}
        {listPaces(month.limits).map(({ name, limit }) => (
          <div key={name} className="flex items-baseline gap-3">
            <dt className="text-ink">{name}</dt>
            <dd className="ms-auto text-ink-2 tabular-nums">at most {limit}</dd>
          </div>
        ))}
      </dl>
      <p className={classNames('mt-3 text-meta tabular-nums', refuses ? 'text-danger' : 'text-ink-3')}>
        {forecastMonth({ month, now })}
      </p>
    </Section>
  )
}
