// Mints a participant token with nothing but Go's standard library: go run mint.go --key … --kid …
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"math/big"
	"os"
	"strings"
	"time"
)

const (
	longestLifetime = 14 * 24 * 3600
	scalarBytes     = 48 // of P-384
	base62          = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

type header struct {
	Algorithm string `json:"alg"`
	Type      string `json:"typ"`
	KeyID     string `json:"kid"`
}

type claims struct {
	ExpiresAt    int64             `json:"exp"`
	IssuedAt     int64             `json:"iat"`
	ID           string            `json:"jti"`
	Resource     string            `json:"resource"`
	Topic        string            `json:"topic"`
	EventsURL    string            `json:"events_url"`
	WHIPURL      string            `json:"whip_url"`
	UserID       *string           `json:"user_id,omitempty"`
	Attributes   map[string]string `json:"attributes,omitempty"`
	Capabilities capabilities      `json:"capabilities"`
	Version      string            `json:"version"`
}

// What is not granted is left out.
type capabilities struct {
	Publish   bool `json:"allow_publish,omitempty"`
	Subscribe bool `json:"allow_subscribe,omitempty"`
}

// attributes collects repeated --attribute KEY=VALUE.
type attributes map[string]string

func (a attributes) String() string { return "" }

func (a attributes) Set(text string) error {
	key, value, found := strings.Cut(text, "=")
	if !found {
		return errors.New("must be KEY=VALUE")
	}
	a[key] = value
	return nil
}

func parseCapabilities(text string) (capabilities, error) {
	var granted capabilities
	for _, name := range strings.Split(text, ",") {
		switch name {
		case "PUBLISH":
			granted.Publish = true
		case "SUBSCRIBE":
			granted.Subscribe = true
		default:
			return granted, fmt.Errorf("unknown capability: %s", name)
		}
	}
	return granted, nil
}

func randomID() (string, error) {
	id := make([]byte, 12)
	for i := range id {
		index, err := rand.Int(rand.Reader, big.NewInt(int64(len(base62))))
		if err != nil {
			return "", err
		}
		id[i] = base62[index.Int64()]
	}
	return string(id), nil
}

// readKey takes PKCS #8 ("PRIVATE KEY") and SEC 1 ("EC PRIVATE KEY").
func readKey(path string) (*ecdsa.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s: no PEM", path)
	}
	var key *ecdsa.PrivateKey
	if parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		key, _ = parsed.(*ecdsa.PrivateKey)
	} else if key, err = x509.ParseECPrivateKey(block.Bytes); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if key == nil || key.Curve != elliptic.P384() {
		return nil, fmt.Errorf("%s: not a P-384 key", path)
	}
	return key, nil
}

func encode(value any) (string, error) {
	text, err := json.Marshal(value)
	return base64.RawURLEncoding.EncodeToString(text), err
}

// sign makes the JWS: the signature is r and s side by side, 48 bytes each.
func sign(key *ecdsa.PrivateKey, kid string, payload claims) (string, error) {
	head, err := encode(header{"ES384", "JWT", kid})
	if err != nil {
		return "", err
	}
	body, err := encode(payload)
	if err != nil {
		return "", err
	}
	digest := sha512.Sum384([]byte(head + "." + body))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		return "", err
	}
	raw := make([]byte, 2*scalarBytes)
	r.FillBytes(raw[:scalarBytes])
	s.FillBytes(raw[scalarBytes:])
	return head + "." + body + "." + base64.RawURLEncoding.EncodeToString(raw), nil
}

func mint() (string, error) {
	keyFile := flag.String("key", "", "PEM file with the P-384 private key (required)")
	kid := flag.String("kid", "", "ARN of the imported public key (required)")
	stage := flag.String("stage-arn", "", "ARN of the stage (required)")
	events := flag.String("events-url", "", "the stage's endpoints.events (required)")
	whip := flag.String("whip-url", "", "the stage's endpoints.whip (required)")
	participant := flag.String("participant-id", "", "default: 12 random characters")
	user := flag.String("user-id", "", "")
	granted := flag.String("capabilities", "PUBLISH,SUBSCRIBE", "")
	lifetime := flag.Int64("ttl", 12*3600, "seconds")
	now := flag.Int64("now", time.Now().Unix(), "seconds since 1970")
	given := attributes{}
	flag.Var(given, "attribute", "KEY=VALUE, may be repeated")
	flag.Parse()

	set := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { set[f.Name] = true })
	for _, name := range []string{"key", "kid", "stage-arn", "events-url", "whip-url"} {
		if !set[name] {
			return "", fmt.Errorf("--%s is missing", name)
		}
	}
	_, topic, _ := strings.Cut(*stage, ":stage/")
	if topic == "" {
		return "", errors.New("--stage-arn must be the ARN of a stage")
	}
	if *lifetime < 1 || *lifetime > longestLifetime {
		return "", fmt.Errorf("--ttl must be 1 to %d seconds", longestLifetime)
	}
	allowed, err := parseCapabilities(*granted)
	if err != nil {
		return "", err
	}
	if !set["participant-id"] {
		if *participant, err = randomID(); err != nil {
			return "", err
		}
	}
	if !set["user-id"] {
		user = nil
	}
	key, err := readKey(*keyFile)
	if err != nil {
		return "", err
	}
	return sign(key, *kid, claims{
		ExpiresAt: *now + *lifetime, IssuedAt: *now, ID: *participant, Resource: *stage,
		Topic: topic, EventsURL: *events, WHIPURL: *whip, UserID: user, Attributes: given,
		Capabilities: allowed, Version: "1.0",
	})
}

func main() {
	token, err := mint()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mint:", err)
		os.Exit(1)
	}
	fmt.Println(token)
}
