import './styles.css';

import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { Client } from './api/client';
import { DeploymentContext } from './api/context';
import { createQueryClient } from './api/queryClient';
import { loadConfig } from './config';
import { createAppRouter, preloadPages } from './router';
import { applyAccent } from './shell/accent';
import { applyTheme, savedTheme } from './shell/theme';

applyTheme(savedTheme());

const config = await loadConfig();
document.title = config.title;
if (config.accent !== null) applyAccent(config.accent);

const root = document.getElementById('root');
if (!root) throw new Error('the page has no #root');

createRoot(root).render(
  <StrictMode>
    <DeploymentContext value={{ config, client: new Client(config.apiBaseUrl) }}>
      <QueryClientProvider client={createQueryClient()}>
        <RouterProvider router={createAppRouter(config)} />
      </QueryClientProvider>
    </DeploymentContext>
  </StrictMode>,
);

preloadPages(config);
