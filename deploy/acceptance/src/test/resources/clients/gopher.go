// Logs in at the door in each way in which gophercloud can, and asks which projects that is for.
// The client credential is on standard input, as the JSON that was sealed. Each answer is a line: the way, and what came of it.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/gophercloud/gophercloud"
	"github.com/gophercloud/gophercloud/openstack"
	"github.com/gophercloud/gophercloud/openstack/identity/v3/extensions/trusts"
	"github.com/gophercloud/gophercloud/openstack/identity/v3/tokens"
)

type credential struct {
	AuthURL  string `json:"auth_url"`
	ID       string `json:"application_credential_id"`
	Name     string `json:"application_credential_name"`
	Secret   string `json:"application_credential_secret"`
	UserID   string `json:"user_id"`
	Username string `json:"username"`
	Domain   string `json:"user_domain_id"`
	Trust    string `json:"trust_id"`
}

func main() {
	var c credential
	if err := json.NewDecoder(os.Stdin).Decode(&c); err != nil {
		panic(err)
	}
	byID := gophercloud.AuthOptions{
		IdentityEndpoint:            c.AuthURL,
		ApplicationCredentialID:     c.ID,
		ApplicationCredentialSecret: c.Secret,
		AllowReauth:                 true,
	}
	tell("id", func() (*gophercloud.ProviderClient, error) { return openstack.AuthenticatedClient(byID) })

	unversioned := byID
	unversioned.IdentityEndpoint = strings.TrimSuffix(c.AuthURL, "v3")
	tell("unversioned", func() (*gophercloud.ProviderClient, error) { return openstack.AuthenticatedClient(unversioned) })

	byName := gophercloud.AuthOptions{
		IdentityEndpoint:            c.AuthURL,
		Username:                    c.Username,
		DomainID:                    c.Domain,
		ApplicationCredentialName:   c.Name,
		ApplicationCredentialSecret: c.Secret,
		AllowReauth:                 true,
	}
	tell("name", func() (*gophercloud.ProviderClient, error) { return openstack.AuthenticatedClient(byName) })

	tell("trust", func() (*gophercloud.ProviderClient, error) {
		client, err := openstack.NewClient(c.AuthURL)
		if err != nil {
			return nil, err
		}
		byTrust := trusts.AuthOptsExt{
			AuthOptionsBuilder: &tokens.AuthOptions{
				IdentityEndpoint: c.AuthURL,
				UserID:           c.UserID,
				Password:         c.Secret,
				AllowReauth:      true,
			},
			TrustID: c.Trust,
		}
		return client, openstack.AuthenticateV3(client, byTrust, gophercloud.EndpointOpts{})
	})
}

func tell(way string, logIn func() (*gophercloud.ProviderClient, error)) {
	client, err := logIn()
	if err != nil {
		fmt.Printf("%s %T\n", way, err)
		return
	}
	identity, err := openstack.NewIdentityV3(client, gophercloud.EndpointOpts{})
	if err != nil {
		fmt.Printf("%s %T\n", way, err)
		return
	}
	project, err := tokens.Get(identity, client.Token()).ExtractProject()
	if err != nil {
		fmt.Printf("%s %T\n", way, err)
		return
	}
	fmt.Printf("%s %s\n", way, project.ID)
}
