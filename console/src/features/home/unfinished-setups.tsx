import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { onboardingStepNames, type OnboardingDrafts } from '../../lib/onboarding-drafts.ts'
import { onboardingLink, paths } from '../../lib/paths.ts'
import { Plate } from '../../ui/plate.tsx'
import { Section } from '../../ui/section.tsx'
import { When } from '../../ui/time.tsx'

const shownMax = 3

/** The onboardings that were begun here and not finished, and the way back into each; nothing when there is none. */
export function UnfinishedSetups(props: { drafts: OnboardingDrafts }): ReactNode {
  const { fresh, unfinished } = props.drafts
  if (fresh === undefined && unfinished.length === 0) return null
  return (
    <Section title="Finish setup">
      <ul className="flex flex-col">
        {fresh && (
          <Row
            tenantId={fresh.id || 'tenant'}
            name={fresh.name.trim() || fresh.id}
            detail="Not created yet"
            savedAt={fresh.savedAt}
          >
            <Link to={paths.newTenant} className="link no-underline hover:underline" aria-label="Finish the new tenant">
              Finish
            </Link>
          </Row>
        )}
        {unfinished.slice(0, shownMax).map(({ id, name, at, savedAt }) => (
          <Row key={id} tenantId={id} name={name} detail={`Next: ${onboardingStepNames[at]}`} savedAt={savedAt}>
            <Link
              {...onboardingLink({ tenantId: id })}
              className="link no-underline hover:underline"
              aria-label={`Finish setup of ${name}`}
            >
              Finish
            </Link>
          </Row>
        ))}
      </ul>
    </Section>
  )
}

function Row(props: {
  tenantId: string
  name: string
  detail: string
  savedAt: string
  children: ReactNode
}): ReactNode {
  return (
    <li className="flex items-center gap-[10px] py-[5px]">
      <Plate tenantId={props.tenantId} />
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium text-ink">{props.name}</p>
        <p className="text-meta text-ink-3">
          {props.detail}, <When time={props.savedAt} />
        </p>
      </div>
      {props.children}
    </li>
  )
}
