import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { paths } from '../../lib/paths.ts'
import { getOptionsQueryOptions, type MailWay } from '../../panels/options.queries.ts'
import { ButtonLink } from '../../ui/button-link.tsx'
import { DescribedSection } from '../../ui/described-section.tsx'
import { State } from '../../ui/state.tsx'

const words: Record<MailWay, string> = {
  sent: 'Sent by SMTP_URL',
  logged: 'Not sent: kept in the mailbox, and written to the log',
  kept: 'Not sent: kept in the mailbox',
}

/** How verifications, new passwords and invites reach people, and where those are that no server sends. */
export function MailSection(): ReactNode {
  const { data: options } = useQuery(getOptionsQueryOptions(useApi()))
  return (
    <DescribedSection wide title="Mail" lead="Carries the links that verify addresses, set new passwords and invite.">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        {options && <State kind={options.mail === 'sent' ? 'fine' : 'suspended'}>{words[options.mail]}</State>}
        <ButtonLink to={paths.mailbox} className="ms-auto">
          Open mailbox
        </ButtonLink>
      </div>
    </DescribedSection>
  )
}
