import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider, createMemoryHistory } from '@tanstack/react-router';
import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';

import { DeploymentProvider } from '../src/api/DeploymentProvider';
import { createQueryClient } from '../src/api/queryClient';
import { DEFAULTS, type Config } from '../src/config';
import { createAppRouter } from '../src/router';

/** Open the complete application at an address. */
export function open(path: string, change: Partial<Config> = {}) {
  const config = { ...DEFAULTS, ...change };
  const queries = createQueryClient();
  queries.setDefaultOptions({ queries: { ...queries.getDefaultOptions().queries, retry: false } });
  const router = createAppRouter(config, createMemoryHistory({ initialEntries: [path] }));
  render(
    <QueryClientProvider client={queries}>
      <DeploymentProvider config={config}>
        <RouterProvider router={router} />
      </DeploymentProvider>
    </QueryClientProvider>,
  );
  return { user: userEvent.setup(), router, queries };
}
