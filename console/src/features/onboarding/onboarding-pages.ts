/** Where an onboarding leads when it is finished: only pages that the console has. */
export interface OnboardingPages {
  /** Where a tenant's snippets are. */
  connect: ((id: string) => string) | undefined
}
