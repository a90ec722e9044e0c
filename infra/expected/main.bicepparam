// A deployment as a careful user would make it. "bicep snapshot" evaluates it without Azure; main.snapshot.json is what
// must come out (infra/compile.sh). Every id is made up.
using '../main.bicep'

param environmentName = 'sample'
param location = 'westeurope'
param apiAudience = '11111111-1111-1111-1111-111111111111'
param fallbackReviewers = '22222222-2222-2222-2222-222222222222'

// Two groups in two subscriptions, one of them written twice and in another case.
param serviceResourceGroups = '/subscriptions/aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa/resourceGroups/RG-Services, /subscriptions/bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb/resourceGroups/rg-more, /subscriptions/AAAAAAAA-AAAA-AAAA-AAAA-AAAAAAAAAAAA/resourcegroups/rg-services'

// With a bot, as most have it.
param teamsBot = true

// Somebody is called.
param alertEmails = 'network-oncall@contoso.example'
