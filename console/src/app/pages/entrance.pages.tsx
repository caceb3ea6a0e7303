import { getRouteApi, Link, useRouteContext } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { SetupPage } from '../../features/sign-in/setup-page.tsx'
import { SignInPage } from '../../features/sign-in/sign-in-page.tsx'
import { findReturnPath, paths } from '../../lib/paths.ts'

const signInRoute = getRouteApi(paths.signIn)

/** Signing in, knowing why one is here and where one goes on. */
export function SignIn(): ReactNode {
  const { reason, return_to } = signInRoute.useSearch()
  return <SignInPage reason={reason} returnPath={findReturnPath({ value: return_to, origin: location.origin })} />
}

/** Making the first superuser, with the token this page was opened with. */
export function Setup(): ReactNode {
  const { setupToken } = useRouteContext({ from: paths.setup })
  return (
    <SetupPage
      token={setupToken}
      signInLink={
        <Link to={paths.signIn} className="link">
          Sign in.
        </Link>
      }
    />
  )
}
