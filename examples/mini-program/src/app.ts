// The client is made when the app starts: before the first tap it knows the templates that `pay` asks the guest about.
import './client.ts'

App({})
