import { getRouteApi, Link, rootRouteId, useRouteContext } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ForgotPage } from '../../features/sign-in/forgot-page.tsx'
import { JoinPage } from '../../features/sign-in/join-page.tsx'
import { RegisterPage } from '../../features/sign-in/register-page.tsx'
import { ResetPage } from '../../features/sign-in/reset-page.tsx'
import { SetupPage } from '../../features/sign-in/setup-page.tsx'
import { SignInPage } from '../../features/sign-in/sign-in-page.tsx'
import { VerifyPage } from '../../features/sign-in/verify-page.tsx'
import { findReturnPath, paths } from '../../lib/paths.ts'

const signInRoute = getRouteApi(paths.signIn)

/** Signing in, knowing why one is here and where one goes on. */
export function SignIn(): ReactNode {
  const { reason, return_to } = signInRoute.useSearch()
  return <SignInPage reason={reason} returnPath={findReturnPath({ value: return_to, origin: location.origin })} />
}

/** Making the first superuser, with the token this page was opened with. */
export function Setup(): ReactNode {
  const { linkToken } = useRouteContext({ from: rootRouteId })
  return (
    <SetupPage
      link={linkToken}
      signInLink={
        <Link to={paths.signIn} className="link">
          Sign in.
        </Link>
      }
    />
  )
}

/** Making an account. */
export const Register = RegisterPage

/** Asking for a link to a new password. */
export const Forgot = ForgotPage

/** Verifying an address, with the token of its mailed link. */
export function Verify(): ReactNode {
  return <VerifyPage link={useRouteContext({ from: rootRouteId }).linkToken} />
}

/** Setting a new password, with the token of its mailed link. */
export function Reset(): ReactNode {
  return <ResetPage link={useRouteContext({ from: rootRouteId }).linkToken} />
}

/** Accepting an invite, with the token of its link. */
export function Join(): ReactNode {
  return <JoinPage link={useRouteContext({ from: rootRouteId }).linkToken} />
}
