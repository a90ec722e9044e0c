// The same with all that is off by default: private network, published decisions, values of one's own. Every id is made up.
using '../main.bicep'

param environmentName = 'sample'
param location = 'westeurope'
param mode = 'enforce'
param apiAudience = '11111111-1111-1111-1111-111111111111'
param fallbackReviewers = '22222222-2222-2222-2222-222222222222'
param serviceResourceGroups = '/subscriptions/aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa/resourceGroups/rg-services'
param watchedSubscriptions = 'AAAAAAAA-AAAA-AAAA-AAAA-AAAAAAAAAAAA, bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb'
param publicUrl = 'https://plgate.example.com/'
param sweepSchedule = '30 */5 * * * *'
param indexDays = '90'
param network = 'private'
param allowedAddresses = '203.0.113.7/32, 198.51.100.0/24'
param publishDecisions = true
