import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { formatPlural } from '../../lib/numbers.ts'
import { tenantPath } from '../../lib/paths.ts'
import { limitSearch, limitTitles } from '../../panels/limit-names.ts'
import { Plate } from '../../ui/plate.tsx'
import { Section } from '../../ui/section.tsx'
import { When } from '../../ui/time.tsx'
import type { Overview } from './home.queries.ts'

const shownMax = 5

/** The tenants whose limits refused somebody within a day, and the way to each limit; nothing when there is none. */
export function RefusedTenants(props: { refusals: Overview['refusals'] }): ReactNode {
  const { refusals } = props
  if (refusals.length === 0) return null
  return (
    <Section title="Refused by limits" aside={<span className="text-ink-3">Within a day.</span>}>
      <ul className="flex flex-col">
        {refusals
          .slice(0, shownMax)
          .map(({ tenant_id: id, tenant_name: tenant, name, scope, requests, last_at: at }) => (
            <li key={`${id} ${scope} ${name}`} className="flex items-start gap-[10px] py-[5px]">
              <Plate tenantId={id} size={18} />
              <div className="min-w-0 flex-1">
                <div className="flex items-baseline gap-3">
                  <p className="min-w-0 flex-1 truncate font-medium text-ink" title={tenant}>
                    {tenant}
                  </p>
                  <Link
                    to={tenantPath(id, 'limits')}
                    search={limitSearch({ name, scope })}
                    className="link shrink-0 no-underline hover:underline"
                    aria-label={`Open limit of ${tenant}: ${limitTitles[name]}`}
                  >
                    Open limit
                  </Link>
                </div>
                <p className="text-meta text-ink-3 tabular-nums">
                  {limitTitles[name]}
                  {scope === 'user' && ', each user'}: {formatPlural(requests, 'request')}, <When time={at} />
                </p>
              </div>
            </li>
          ))}
      </ul>
    </Section>
  )
}
