import { useSuspenseQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { apiDocsPath } from '../../lib/paths.ts'
import { chooseTheme, useThemeChoice, type ThemeChoice } from '../../lib/theme.ts'
import { version } from '../../lib/version.ts'
import { CopyId } from '../../ui/copy-id.tsx'
import { DescribedSection } from '../../ui/described-section.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { getMeQueryOptions } from '../../panels/me.queries.ts'
import { Facts } from './facts.tsx'
import { NameForm } from './name-form.tsx'
import { PasswordForm } from './password-form.tsx'
import { SignOutButton } from './sign-out-button.tsx'

const themes: readonly { value: ThemeChoice; label: string }[] = [
  { value: 'system', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
]

/** Who is signed in, and what one may change about oneself. */
export function AccountPage(): ReactNode {
  const { data: user, dataUpdatedAt } = useSuspenseQuery(getMeQueryOptions(useApi()))
  const theme = useThemeChoice()
  return (
    <>
      <PageHeader title="Your account" actions={<SignOutButton />} />
      <Facts user={user} now={new Date(dataUpdatedAt)} />
      <DescribedSection title="Name" lead="How you appear in the console and its records.">
        <NameForm user={user} />
      </DescribedSection>
      <DescribedSection title="Password" lead="Only its hash is kept. Nobody can read it back, here or on the server.">
        <PasswordForm user={user} />
      </DescribedSection>
      <DescribedSection title="Appearance" lead="Kept in this browser.">
        <Segmented label="Theme" value={theme} choices={themes} onChoose={chooseTheme} />
      </DescribedSection>
      <DescribedSection title="For developers" lead="Everything the console does goes through the same API.">
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] items-center gap-x-6 gap-y-2">
          <dt className="text-ink-3">API document</dt>
          <dd>
            <a href={apiDocsPath} className="link">
              Open the reference
            </a>
          </dd>
          <dt className="text-ink-3">Your id</dt>
          <dd className="min-w-0">
            <CopyId id={user.id} what="your id" />
          </dd>
          <dt className="text-ink-3">Version</dt>
          <dd className="tabular-nums">Tenantry {version}</dd>
        </dl>
      </DescribedSection>
    </>
  )
}
