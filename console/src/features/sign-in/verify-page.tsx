import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { ask } from '../../api/client.ts'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { paths } from '../../lib/paths.ts'
import { Button } from '../../ui/button.tsx'
import { ButtonLink } from '../../ui/button-link.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { Ring } from '../../ui/ring.tsx'
import { DeadLink, TenantOff } from './dead-link.tsx'
import { Entrance } from './entrance.tsx'
import type { LinkToken } from './link-token.ts'
import { TenantDestination } from './tenant-destination.tsx'
import { useLinkToken } from './use-link-token.ts'

/** Shows an address to be its user's own, by the mailed link: of a platform account, or of a tenant's user. */
export function VerifyPage(props: { link: LinkToken | undefined }): ReactNode {
  const api = useApi()
  const queryClient = useQueryClient()
  const token = useLinkToken(paths.verify, props.link)
  // A query, not a mutation: drawn twice, it still uses the link once.
  const verified = useQuery({
    queryKey: ['link', 'verify', token],
    queryFn: async () => {
      const link = await ask(api.open.auth.verify.post({ token: token ?? '' }))
      void queryClient.invalidateQueries({ queryKey: ['me'] })
      return link
    },
    enabled: token !== undefined,
    retry: false,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
  const isSignedIn = api.session.mayBeSignedIn()
  const problem = verified.error ? toProblem(verified.error) : undefined
  if (token === undefined || problem?.status === 401) {
    return (
      <DeadLink worksFor="24 hours" isMissing={token === undefined}>
        <p className="text-ink-2">
          Verified already? Then there is nothing to do. Otherwise the console sends a new link, once you are signed in.
          If you signed up in somebody’s own app, ask for a new one there.
        </p>
        <ButtonLink kind="primary" size="large" to={isSignedIn ? paths.home : paths.signIn}>
          {isSignedIn ? 'Go to the console' : 'Sign in'}
        </ButtonLink>
      </DeadLink>
    )
  }
  if (problem?.code === 'tenant.inactive') return <TenantOff title="Not verified yet" />
  if (problem) {
    return (
      <Entrance title="Not verified yet" lead="The link was not used.">
        <ProblemNotice words={describeProblem({ problem, attempt: 'other' })} className="mt-5" />
        <div className="mt-4">
          <Button busy={verified.isFetching} onClick={() => void verified.refetch()}>
            Verify address
          </Button>
        </div>
      </Entrance>
    )
  }
  if (!verified.data) {
    return (
      <Entrance title="Verifying your address" lead="This takes a moment.">
        <p role="status" className="mt-5 flex items-center gap-2 text-ink-2">
          <Ring /> Asking the server
        </p>
      </Entrance>
    )
  }
  const { email, tenant_name: name, tenant_origins: origins } = verified.data
  return (
    <Entrance
      title="Your address is verified"
      lead={
        <>
          <strong className="font-semibold wrap-anywhere text-ink">{email}</strong> is yours
          {name === null ? '.' : `, and ${name} knows it.`}
        </>
      }
    >
      {name === null ? (
        <div className="mt-5">
          <ButtonLink kind="primary" size="large" to={isSignedIn ? paths.home : paths.signIn}>
            {isSignedIn ? 'Go to the console' : 'Sign in'}
          </ButtonLink>
        </div>
      ) : (
        <TenantDestination name={name} email={email} origins={origins} />
      )}
    </Entrance>
  )
}
