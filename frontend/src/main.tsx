import './styles.css';

import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { DeploymentProvider } from './api/DeploymentProvider';
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
    <QueryClientProvider client={createQueryClient()}>
      <DeploymentProvider config={config}>
        <RouterProvider router={createAppRouter(config)} />
      </DeploymentProvider>
    </QueryClientProvider>
  </StrictMode>,
);

preloadPages(config);
