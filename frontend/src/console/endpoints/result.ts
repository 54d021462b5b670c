import type { DeliveryResult } from '../../api/types';
import type { ConsoleMessages } from '../i18n/en';

/** Return the result of a request to an endpoint in words. */
export function resultInWords({ status, failure, duration_ms: ms }: DeliveryResult, { endpoints }: ConsoleMessages): string {
  return failure === null ? endpoints.accepted(status ?? 0, ms) : endpoints.refused(failure, ms);
}
