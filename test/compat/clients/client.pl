# Perl: XMLRPC::Lite over LWP, which asks again with the password when it is told that one is needed.
# usage: client.pl URL USER PASSWORD; reads [[method, argument...], ...] in JSON, writes the answers in JSON.
use strict;
use warnings;
use JSON::PP;
use XMLRPC::Lite;

my ($url, $user, $password) = @ARGV;

{
    no warnings 'once';
    *SOAP::Transport::HTTP::Client::get_basic_credentials = sub { ($user, $password) };
}

# JSON's true and false are values of a class of their own; XMLRPC::Lite wants to be told.
sub typed {
    my ($value) = @_;
    return XMLRPC::Data->type(boolean => $value ? 1 : 0) if JSON::PP::is_bool($value);
    return [map { typed($_) } @$value] if ref $value eq 'ARRAY';
    return {map { $_ => typed($value->{$_}) } keys %$value} if ref $value eq 'HASH';
    return XMLRPC::Data->type(string => $value) if $value =~ /[^\x00-\x7f]/; # else it guesses base64
    return $value;
}

# Perl keeps numbers as they came, as text.
sub plain {
    my ($value) = @_;
    return [map { plain($_) } @$value] if ref $value eq 'ARRAY';
    return {map { $_ => plain($value->{$_}) } keys %$value} if ref $value eq 'HASH';
    return defined $value && $value =~ /^-?[0-9]{1,10}\z/ ? 0 + $value : $value;
}

my $client = XMLRPC::Lite->proxy("$url/RPC2", timeout => 60)->on_fault(sub { });
my @answers;
for my $call (@{decode_json(do { local $/; <STDIN> })}) {
    my ($method, @arguments) = @$call;
    my $answer = $client->call($method, map { typed($_) } @arguments);
    my $status = ref $answer ? 200 : $client->transport->code;
    if (!ref $answer) { push @answers, {http => $status} }
    elsif ($answer->fault) { push @answers, {fault => [$answer->faultcode, $answer->faultstring]} }
    else { push @answers, {value => $answer->result} }
}
print JSON::PP->new->utf8->canonical->encode(plain(\@answers));
