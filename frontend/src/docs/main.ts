import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle';
import 'swagger-ui-dist/swagger-ui.css';

import documentUrl from '../../openapi.json?url';
import { loadConfig } from '../config';
import { openApi30 } from './openApi30';

const [{ apiBaseUrl }, reply] = await Promise.all([loadConfig(), fetch(documentUrl)]);

SwaggerUI({
  domNode: document.getElementById('docs'),
  // Use the API of this deployment for the calls that readers try out.
  spec: { ...openApi30(await reply.text()), servers: [{ url: apiBaseUrl || '/' }] },
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  // Off: by default, Swagger UI loads a badge from another origin.
  validatorUrl: null,
});
